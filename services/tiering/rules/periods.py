"""When a service of a package is owed (H5 to H7): once on entry, in every calendar period, or before every festival."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Every(StrEnum):
    """How often a service is owed. `always` is there for everybody, so nobody gives it."""

    ALWAYS = "always"
    ONCE = "once"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    FESTIVAL = "festival"


_MONTHS = {Every.MONTHLY: 1, Every.QUARTERLY: 3, Every.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` on, before `end`; both are days in Shanghai."""

    first: date
    end: date


def period_of(every: Every, *, day: date, festivals: Sequence[date] = ()) -> Period | None:
    """The period that holds `day`. That of a festival runs from the day after the one before through its own day.

    None for `once` and `always`, which have no calendar period, and where `festivals` (sorted) do not reach around the day.
    """
    if every is Every.FESTIVAL:
        before = [one for one in festivals if one < day]
        after = [one for one in festivals if one >= day]
        return Period(before[-1] + timedelta(days=1), after[0] + timedelta(days=1)) if before and after else None
    if every not in _MONTHS:
        return None
    months = _MONTHS[every]
    first = (day.month - 1) // months * months
    return Period(date(day.year, first + 1, 1), date(day.year + (first + months) // 12, (first + months) % 12 + 1, 1))
