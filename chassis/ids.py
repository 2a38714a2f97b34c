"""Identifiers: UUID version 7 (RFC 9562), so that keys sort by the time they were made, and in one process by their order."""

import os
import time
from uuid import UUID

_last = 0


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 12 bits of their fraction (RFC 9562, 6.2, method 3), 62 random bits."""
    global _last  # noqa: PLW0603  # what makes two ids of one instant stand in the order in which they were asked for
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    moment = max(milliseconds << 12 | nanoseconds * 4096 // 1_000_000, _last + 1)
    _last = moment
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(moment >> 12) << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0b10 << 62 | random)
