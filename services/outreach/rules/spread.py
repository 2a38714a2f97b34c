"""Even spreading without randomness: the same customer and salt always give the same place."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


def spread(customer_id: UUID, salt: str) -> int:
    """A whole number from 0 to 2^64 - 1, evenly spread over customers, independent between salts."""
    return int.from_bytes(blake2b(customer_id.bytes + salt.encode(), digest_size=8).digest(), "big")


def pick(places: Sequence[T], share: int) -> T:
    """The place that lies `share` / 2^64 of the way through `places` (at least one)."""
    return places[share * len(places) >> 64]
