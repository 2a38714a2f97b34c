"""Checking proofs: that an entry is in a tree (RFC 9162, 2.1.3.2), and that a tree only grew (2.1.4.2)."""

from collections.abc import Sequence

from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.hashing import HASH_BYTES, node_hash


class ProofBroken(RuleBroken):
    """A proof does not lead to the root that it is said to lead to."""

    rule = "proof-broken"
    fix = "Do not trust the log's answer: keep it, keep the checkpoints, and compare with a witness."


def check_inclusion(*, leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """That the leaf hash stands at `position` of the tree of `size` leaves with this root. Raises `ProofBroken`."""
    _check_lengths(leaf, root, *proof)
    if not 0 <= position < size:
        raise ProofBroken("the position is not in the tree")
    at, last, found = position, size - 1, leaf
    for node in proof:
        if last == 0:
            raise ProofBroken("the proof is too long")
        if at % 2 or at == last:
            found = node_hash(node, found)
            at, last = _past_left_turns(at, last)
        else:
            found = node_hash(found, node)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofBroken("the proof is too short")
    if found != root:
        raise ProofBroken("the proof leads to another root")


def check_consistency(*, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """That the tree of `first` leaves is the beginning of the tree of `second`. Raises `ProofBroken`.

    Nothing follows from a tree without leaves, so `first` is 1 or more.
    """
    if not 0 < first <= second:
        raise ProofBroken("the sizes do not follow each other")
    if first == second:
        if proof or first_root != second_root:
            raise ProofBroken("two roots for one size")
        return
    _check_lengths(first_root, second_root, *proof)
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        raise ProofBroken("the proof is too short")
    if _climbed(path, first, second) != (first_root, second_root):
        raise ProofBroken("the proof leads to another root")


def _climbed(path: Sequence[bytes], first: int, second: int) -> tuple[bytes, bytes]:
    """The roots of both trees that the path leads to."""
    at, last = first - 1, second - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    older = newer = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofBroken("the proof is too long")
        if at % 2 or at == last:
            older, newer = node_hash(node, older), node_hash(node, newer)
            at, last = _past_left_turns(at, last)
        else:
            newer = node_hash(newer, node)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofBroken("the proof is too short")
    return older, newer


def _past_left_turns(at: int, last: int) -> tuple[int, int]:
    """On the right edge, levels without a sibling add nothing to a proof."""
    while at % 2 == 0 and at != 0:
        at, last = at >> 1, last >> 1
    return at, last


def _check_lengths(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofBroken("a hash has not 32 bytes")
