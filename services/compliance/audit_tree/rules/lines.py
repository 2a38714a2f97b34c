"""The lines of a bundle's entries: canonical bytes, or the leaf hash alone of an entry whose body was removed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.hashing import leaf_hash, leaf_hashes

PRUNED = b"-"
"""What a line without a body begins with; the leaf hash in hex follows. Canonical bytes begin with a brace."""

_HEX_DIGITS = 64


class LogTampered(RuleBroken):
    """The entries are not those that the log signed."""

    rule = "log-tampered"
    fix = "Keep this file and every checkpoint that you have; the entries up to the last good checkpoint can be trusted."


@dataclass(frozen=True, slots=True)
class Leaves:
    """Leaf hashes in their order, and which of them (counted from 0) stand for removed bodies."""

    hashes: list[bytes]
    pruned: list[int]


def line_of(canonical: bytes | None, digest: bytes) -> bytes:
    """The line of an entry, newline included."""
    return canonical + b"\n" if canonical is not None else PRUNED + digest.hex().encode() + b"\n"


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks cut at the ends of lines, the last newline left out. Raises `LogTampered` for a line that does not end."""
    rest = b""
    for chunk in chunks:
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield whole
    if rest:
        raise LogTampered("the last entry is cut off")


def leaves_of(lines: bytes) -> Leaves:
    """The leaf hashes of lines. Raises `LogTampered`."""
    parted = lines.split(b"\n")
    if not lines.startswith(PRUNED) and b"\n" + PRUNED not in lines:
        return Leaves(leaf_hashes(parted), [])
    pruned = [place for place, line in enumerate(parted) if line.startswith(PRUNED)]
    return Leaves([leaf_of(line) for line in parted], pruned)


def leaf_of(line: bytes) -> bytes:
    """The leaf hash of one line. Raises `LogTampered`."""
    if not line.startswith(PRUNED):
        return leaf_hash(line)
    try:
        found = bytes.fromhex(line[1:].decode())
    except ValueError:
        found = b""
    if len(line) != 1 + _HEX_DIGITS or len(found) * 2 != _HEX_DIGITS:
        raise LogTampered("an entry without its body has no leaf hash")
    return found
