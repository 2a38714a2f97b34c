"""Hashes of the tree (RFC 6962, section 2.1) and the frontier by which it grows."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_LEAF = b"\x00"
_NODE = b"\x01"
_BLOCK = 4096


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 over 0x00 and the entry's bytes."""
    return hashlib.sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of many."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 0x01 and both children."""
    return hashlib.sha256(_NODE + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one perfect subtree for each bit of its size, and no leaf more.

    `extend` costs one hash a leaf; `root` one for each set bit.
    """

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes | None] = []

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append leaf hashes, of which the frontier keeps O(log size)."""
        sha256 = hashlib.sha256
        self.size += len(leaves)
        nodes, level = list(leaves), 0
        while nodes:
            if level == len(self._edge):
                self._edge.append(None)
            waiting = self._edge[level]
            if waiting is not None:
                nodes.insert(0, waiting)
            self._edge[level] = nodes.pop() if len(nodes) % 2 else None
            pairs = iter(nodes)
            nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level += 1

    def root(self) -> bytes:
        """The root of the tree so far."""
        return fold([node for node in reversed(self._edge) if node is not None])


def fold(subtrees: Sequence[bytes]) -> bytes:
    """The hash over perfect subtrees that stand side by side, the largest first; `EMPTY_ROOT` over none."""
    if not subtrees:
        return EMPTY_ROOT
    *rest, found = subtrees
    for left in reversed(rest):
        found = node_hash(left, found)
    return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier, remaining = Frontier(), iter(leaves)
    while block := list(islice(remaining, _BLOCK)):
        frontier.extend(block)
    return frontier.root()
