"""Token buckets in this process: so many requests at once, so many a second, for each principal or address."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a bucket answers. `retry_after` is whole seconds, 0 when allowed; `reset` is seconds until full."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int


class Buckets:
    """Buckets of one kind, the least recently used forgotten beyond `kept` (a forgotten bucket starts full again)."""

    def __init__(self, *, per_second: float, burst: int, kept: int = 50_000, seconds: Callable[[], float] = monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self._kept = kept
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def look(self, key: str) -> Allowance:
        """What `take` would answer, without taking."""
        return self._answer(key, take=False)

    def take(self, key: str) -> Allowance:
        """Take one token from the bucket of `key`."""
        return self._answer(key, take=True)

    def _answer(self, key: str, *, take: bool) -> Allowance:
        now = self._seconds()
        tokens, seen = self._buckets.get(key, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - seen) * self.per_second)
        allowed = tokens >= 1
        if allowed and take:
            tokens -= 1
        self._buckets[key] = (tokens, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        return Allowance(
            allowed=allowed,
            limit=self.burst,
            remaining=int(tokens),
            reset=ceil((self.burst - tokens) / self.per_second),
            retry_after=0 if allowed else max(1, ceil((1 - tokens) / self.per_second)),
        )
