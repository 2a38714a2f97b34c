"""Which hashes a proof is made of, and where they are kept.

Kept are the leaves and, in tiles of 256, every eighth level above them: 1 row for 256 entries. A node between is hashed
from at most 128 kept ones, so that appending stays cheap and a proof reads a few short stretches.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from services.compliance.audit_tree.rules.hashing import fold, root_of

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS
"""Kept nodes of one level under one kept node of the next."""


@dataclass(frozen=True, slots=True)
class Span:
    """The leaves `start` to `end` (not included): a subtree of the tree, perfect or at its right edge."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Kept nodes of `level` (0, 8, 16, …), from index `start` to `end` (not included)."""

    level: int
    start: int
    end: int


Kept: TypeAlias = Callable[[Stretch], Sequence[bytes]]
"""Hands out the hashes of a stretch."""


def inclusion_spans(position: int, size: int) -> list[Span]:
    """The subtrees whose hashes are the inclusion proof, in its order (RFC 9162, 2.1.3.1); 0 <= position < size."""
    spans, start, end = [], 0, size
    while end - start > 1:
        middle = _split(start, end)
        if position < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """The subtrees whose hashes are the consistency proof, in its order (RFC 9162, 2.1.4.1); 0 < first <= second."""
    spans, start, end = [], 0, second
    while first != end:
        middle = _split(start, end)
        if first <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    if start != 0:
        spans.append(Span(start, end))
    return spans[::-1]


def stretches(span: Span) -> list[Stretch]:
    """The kept nodes under a span, one stretch for each of its perfect subtrees, from left to right."""
    return [_stretch(level, index) for level, index in _perfect(span)]


def span_hash(span: Span, kept: Kept) -> bytes:
    """The hash of a span out of the kept nodes."""
    return fold([root_of(kept(stretch)) for stretch in stretches(span)])


def completed(level: int, size: int) -> int:
    """How many nodes of a kept level a tree of `size` leaves has."""
    return size >> level


def kept_levels(size: int) -> Iterator[int]:
    """The kept levels above the leaves that have a node: 8, 16, …"""
    level = TILE_LEVELS
    while completed(level, size):
        yield level
        level += TILE_LEVELS


def _split(start: int, end: int) -> int:
    """Where a subtree parts: after the largest power of two below its size."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _perfect(span: Span) -> Iterator[tuple[int, int]]:
    start = span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _stretch(level: int, index: int) -> Stretch:
    below = level % TILE_LEVELS
    return Stretch(level - below, index << below, (index + 1) << below)
