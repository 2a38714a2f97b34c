"""A bounded map whose entries end: what the door remembers, and for how long."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """At most `kept` entries; each is gone when its seconds are over, the oldest first when there are too many."""

    def __init__(self, *, kept: int = 20_000, seconds: Callable[[], float] = monotonic) -> None:
        self._kept = kept
        self._seconds = seconds
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, or None when there is none or its time is over."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= self._seconds():
            del self._entries[key]
            return None
        return entry[1]

    def put(self, key: K, value: V, *, life_seconds: float) -> None:
        """Remember `value` for `life_seconds`; nothing is remembered for a life of zero or less."""
        if life_seconds <= 0:
            return
        self._entries[key] = (self._seconds() + life_seconds, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._kept:
            self._entries.popitem(last=False)
