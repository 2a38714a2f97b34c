"""One person's budget (H11) over a horizon of days.

A day is a bit: bit 0 is today. A cap of c contacts in w days blocks a day exactly when c contacts already lie so
close together that this day would fit into one window with them; so each run of c neighbours blocks one interval.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable

from services.outreach.rules.cadence import MINUTES_PER_DAY, Budget, Cap

MINIMUM_GAP = "minimum_gap"


class Agenda:
    """The contacts that count for one person, in minutes from today's midnight (past ones are negative)."""

    __slots__ = ("_budget", "_days", "_gap", "_masks", "_minutes", "_size", "blocked")

    def __init__(self, budget: Budget, size: int, minutes: Iterable[int]) -> None:
        self._budget = budget
        self._size = size
        self._gap = budget.min_gap_hours * 60
        self._minutes = sorted(minutes)
        self._refresh()

    def add(self, minute: int) -> None:
        """Count one more contact."""
        insort(self._minutes, minute)
        self._refresh()

    def taken(self, minute: int) -> bool:
        """Is there a contact at this very minute?"""
        at = bisect_left(self._minutes, minute)
        return at < len(self._minutes) and self._minutes[at] == minute

    def apart(self, minute: int) -> bool:
        """Would a contact at `minute` keep the minimum gap to both neighbours?"""
        minutes, at = self._minutes, bisect_left(self._minutes, minute)
        after = at < len(minutes) and minutes[at] - minute < max(self._gap, 1)
        return not after and not (at > 0 and minute - minutes[at - 1] < self._gap)

    def broken(self, minute: int) -> tuple[str, ...]:
        """The rules of the budget that a contact at `minute` would break."""
        day = minute // MINUTES_PER_DAY
        caps = [cap.rule for cap, mask in zip(self._budget.caps, self._masks, strict=True) if mask >> day & 1]
        return tuple(caps if self.apart(minute) else [*caps, MINIMUM_GAP])

    def strictest(self, days: int) -> str:
        """The cap that blocks most of these days; the first of the policy among equals."""
        caps = zip(self._budget.caps, self._masks, strict=True)
        return max(caps, key=lambda entry: (entry[1] & days).bit_count())[0].rule

    def _refresh(self) -> None:
        self._days = [minute // MINUTES_PER_DAY for minute in self._minutes]
        self._masks = [self._mask(cap) for cap in self._budget.caps]
        self.blocked = 0
        for mask in self._masks:
            self.blocked |= mask

    def _mask(self, cap: Cap) -> int:
        if cap.at_most == 0:
            return day_bits(0, self._size - 1, self._size)
        mask, days, reach = 0, self._days, cap.days - 1
        for first, last in zip(days, days[cap.at_most - 1 :], strict=False):
            if last - first <= reach:
                mask |= day_bits(last - reach, first + reach, self._size)
        return mask


def day_bits(first: int, last: int, size: int) -> int:
    """The bits of the days `first` to `last`, both included, as far as they lie in 0 to `size` - 1."""
    first, last = max(first, 0), min(last, size - 1)
    return (1 << last + 1) - (1 << first) if first <= last else 0
