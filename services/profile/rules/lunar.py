"""Days of the Chinese lunar calendar that are near, for birthdays that are kept by it (H13).

The calendar is data: a row for each lunar year with its first civil day, the month after which the leap month comes (0 for none),
and its months in order, `L` for 30 days and `s` for 29. A day outside the published years is refused, never guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from contracts.values import RuleBroken

LONG, SHORT = 30, 29


class LunarYearUnpublished(RuleBroken):
    """The lunar calendar that the service holds does not reach that day."""

    rule = "lunar-year-unpublished"
    fix = "Add the year to the lunar calendar of the signals."


@dataclass(frozen=True, slots=True)
class LunarYear:
    """One lunar year; `months` are the lengths in days, the leap month in its place."""

    first: date
    leap_after: int
    months: tuple[int, ...]

    @property
    def end(self) -> date:
        """The first day of the year after."""
        return self.first + timedelta(days=sum(self.months))


def lunar_years(rows: Sequence[Mapping[str, str]]) -> list[LunarYear]:
    """The calendar of a table with `first_day`, `leap_after`, `months`. Raises ValueError where years do not follow."""
    years = [
        LunarYear(
            date.fromisoformat(row["first_day"]),
            int(row["leap_after"]),
            tuple({"L": LONG, "s": SHORT}[letter] for letter in row["months"]),
        )
        for row in rows
    ]
    for year in years:
        if len(year.months) != 12 + (year.leap_after > 0):
            raise ValueError(f"the lunar year that begins on {year.first} has {len(year.months)} months")
    for year, following in pairwise(years):
        if year.end != following.first:
            raise ValueError(f"the lunar year that begins on {year.first} does not end where the next begins")
    return years


def birthdays_between(years: Sequence[LunarYear], first: date, last: date) -> list[tuple[date, str]]:
    """Civil days from `first` to `last` with the lunar birthdays (`MM-DD`) that are kept on them.

    The 30th of a month that has 29 days in a year is kept on the 29th. A leap month has no birthdays of its own: whoever was
    born in one keeps the day in the ordinary month. Raises `LunarYearUnpublished`.
    """
    if not years or first < years[0].first or last >= years[-1].end:
        raise LunarYearUnpublished
    return [
        (day, kept)
        for year in years
        if year.first <= last and year.end > first
        for day, kept in _days(year)
        if first <= day <= last
    ]


def _days(year: LunarYear) -> Iterator[tuple[date, str]]:
    begins = year.first
    for place, length in enumerate(year.months, start=1):
        leap = year.leap_after > 0 and place == year.leap_after + 1
        month = place - (year.leap_after > 0 and place > year.leap_after)
        if not leap:
            for number in range(1, length + 1):
                yield begins + timedelta(days=number - 1), f"{month:02d}-{number:02d}"
            if length == SHORT:
                yield begins + timedelta(days=SHORT - 1), f"{month:02d}-{LONG}"
        begins += timedelta(days=length)
