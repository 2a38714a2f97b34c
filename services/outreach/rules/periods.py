"""Periods: the stretches of days in which something is owed once."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.outreach.rules.cadence import Span

FORTNIGHT_EPOCH = date(2024, 1, 1)
"""A Monday; fortnights are counted from it in both directions."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both included; `code` is unique per span, `number` counts up by one per period."""

    code: str
    first: date
    last: date
    number: int


@lru_cache(maxsize=4_096)
def period_of(span: Span, day: date) -> Period:
    """The period of this span that holds `day`."""
    match span:
        case Span.DAY:
            return Period(day.isoformat(), day, day, day.toordinal())
        case Span.FORTNIGHT:
            number = (day - FORTNIGHT_EPOCH).days // 14
            first = FORTNIGHT_EPOCH + number * 14 * DAY
            return Period(f"{first.isoformat()}/P14D", first, first + 13 * DAY, number)
        case Span.MONTH:
            return Period(f"{day:%Y-%m}", day.replace(day=1), _month_end(day.year, day.month), day.year * 12 + day.month)
        case Span.QUARTER:
            quarter = (day.month - 1) // 3
            first, last = date(day.year, quarter * 3 + 1, 1), _month_end(day.year, quarter * 3 + 3)
            return Period(f"{day.year}-Q{quarter + 1}", first, last, day.year * 4 + quarter)
        case Span.YEAR:
            return Period(f"{day.year}", date(day.year, 1, 1), date(day.year, 12, 31), day.year)


def periods_between(span: Span, first: date, last: date) -> list[Period]:
    """The periods that share a day with `first` to `last`, in order; at most one per day of that stretch."""
    found = [period_of(span, first)]
    while found[-1].last < last:
        found.append(period_of(span, found[-1].last + DAY))
    return found


def birthday_in(birth_date: date, year: int) -> date:
    """The birthday in `year`; born on 29 February, it is kept on the 28th in years without one."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def age_on(birth_date: date, day: date) -> int:
    """Completed years on `day`."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - DAY
