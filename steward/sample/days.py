"""The days of the sample: which are working days, when money is spent, when wages are paid.

Days are counted from the first one, so that the money modules only add and compare integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from holidays import HolidayBase, country_holidays

HISTORY_DAYS = 275
"""Nine months and a little: growth over half a year needs two windows of 90 days, 180 days apart (H3)."""

WEEKDAY_WEIGHTS = (1.0, 0.95, 0.95, 1.0, 1.15, 1.4, 1.3)
SPRING_FESTIVAL = "Chinese New Year (Spring Festival)"


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month, or the part of it that the history covers; `first` and `last` count days."""

    year: int
    month: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Days:
    """The history: day 0 is `first`, the last one is `as_of`. The weights are cumulative, for `random.choices`."""

    as_of: date
    first: date
    months: tuple[Month, ...]
    working: tuple[bool, ...]
    festivals: tuple[int, ...]
    everyday: tuple[float, ...]
    online: tuple[float, ...]
    travel: tuple[float, ...]

    @property
    def last(self) -> int:
        return HISTORY_DAYS - 1

    def on(self, day: int) -> date:
        return self.first + timedelta(days=day)

    def index(self, day: date) -> int:
        return (day - self.first).days

    def in_month(self, month: Month, day_of_month: int) -> int | None:
        """The day's count, or None where the history does not cover it; the 31st of a short month is its last day."""
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        length = (following - date(month.year, month.month, 1)).days
        day = self.index(date(month.year, month.month, min(day_of_month, length)))
        return day if month.first <= day <= month.last else None

    def working_day(self, day: int, step: int) -> int | None:
        """The nearest working day from `day` on, walking by `step` (-1 or 1), or None outside the history."""
        while 0 <= day < HISTORY_DAYS:
            if self.working[day]:
                return day
            day += step
        return None


def history(as_of: date) -> Days:
    """The nine months that end on `as_of`, with China's public holidays and make-up working days.

    Years whose holidays are not announced yet have the statutory days only: enough for a sample, not for a plan.
    """
    first = as_of - timedelta(days=HISTORY_DAYS - 1)
    calendar = country_holidays("CN", years=range(first.year, as_of.year + 1), language="en_US")
    days = [first + timedelta(days=count) for count in range(HISTORY_DAYS)]
    springs = _spring_festivals(calendar)
    return Days(
        as_of=as_of,
        first=first,
        months=_months(days),
        working=tuple(calendar.is_working_day(day) for day in days),
        festivals=tuple(count for count, day in enumerate(days) if day in springs),
        everyday=tuple(accumulate(_everyday(day, springs) for day in days)),
        online=tuple(accumulate(_online(day) for day in days)),
        travel=tuple(accumulate(_travel(day, springs) for day in days)),
    )


def _spring_festivals(calendar: HolidayBase) -> frozenset[date]:
    firsts: dict[int, date] = {}
    for day, name in sorted(calendar.items()):
        if name.startswith(SPRING_FESTIVAL):
            firsts.setdefault(day.year, day)
    return frozenset(firsts.values())


def _months(days: Sequence[date]) -> tuple[Month, ...]:
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    for count, day in enumerate(days):
        first, _ = spans.get((day.year, day.month), (count, count))
        spans[day.year, day.month] = first, count
    return tuple(Month(year, month, first, last) for (year, month), (first, last) in spans.items())


def _from_spring(day: date, springs: frozenset[date]) -> int:
    return min(((day - spring).days for spring in springs), key=abs, default=365)


def _everyday(day: date, springs: frozenset[date]) -> float:
    weight = WEEKDAY_WEIGHTS[day.weekday()]
    away = _from_spring(day, springs)
    if -10 <= away < 0:
        return weight * 1.9
    if 0 <= away < 7:
        return weight * 1.4
    return weight * (1.5 if day.month == 10 and day.day <= 7 else 1.0)


def _online(day: date) -> float:
    if day.month == 11 and 9 <= day.day <= 12:
        return 9.0 if day.day == 11 else 3.0
    if day.month == 6 and 16 <= day.day <= 18:
        return 4.0
    return 2.0 if day.month == day.day == 12 else 1.0


def _travel(day: date, springs: frozenset[date]) -> float:
    if (day.month == 10 and day.day <= 7) or 0 <= _from_spring(day, springs) < 7:
        return 7.0
    return 5.0 if day.month == 5 and day.day <= 5 else 1.0
