"""The calendar of working days: which days are off by notice of the State Council, and how far that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from contracts.values import RuleBroken
from services.outreach.rules.cadence import DayClass

SHANGHAI = ZoneInfo("Asia/Shanghai")

SATURDAY = 5


class CalendarUnpublished(RuleBroken):
    """A question about a day for which no calendar of holidays has been announced."""

    rule = "calendar-unpublished"
    fix = "Add the announced year to policies/holidays.cn.json."


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and make-up working days (调休) from `first` to `last`. Outside them only `fixed_holidays`
    (month-day, set by the regulation on public holidays itself) are known: festivals of the lunar calendar and
    make-up days are not guessed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}  # Any: pydantic's configuration shape
    name: str
    version: int
    source: str
    first: date
    last: date
    days_off: Mapping[date, str]
    working_days: frozenset[date]
    fixed_holidays: frozenset[str]

    def published(self, day: date) -> bool:
        """Has the calendar of this day been announced?"""
        return self.first <= day <= self.last

    def announced_class(self, day: date) -> DayClass:
        """The class of a day. Raises `CalendarUnpublished` outside the announced years."""
        if not self.published(day):
            raise CalendarUnpublished(f"The calendar is known from {self.first} to {self.last}.")
        if day in self.working_days:
            return DayClass.WORKING
        if day in self.days_off:
            return DayClass.HOLIDAY
        return DayClass.WEEKEND if day.weekday() >= SATURDAY else DayClass.WORKING

    def presumed_class(self, day: date) -> DayClass:
        """The class of a day as far as it is known now: whoever relies on it outside the announced years keeps
        `published` beside the answer and looks again once the year is out."""
        if self.published(day):
            return self.announced_class(day)
        if f"{day:%m-%d}" in self.fixed_holidays:
            return DayClass.HOLIDAY
        return DayClass.WEEKEND if day.weekday() >= SATURDAY else DayClass.WORKING
