"""Opening: which obligations a tier brings within the horizon (H10), which wishes signals and birthdays bring (H13 to H26)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.values import Channel, SignalKind, Tier
from services.outreach.rules.cadence import Cadence, ObligationRule
from services.outreach.rules.calendar import Calendar
from services.outreach.rules.periods import DAY, Period, birthday_in, period_of, periods_between
from services.outreach.rules.spread import pick, spread


@dataclass(frozen=True, slots=True)
class Opened:
    """An obligation or a wish that comes into being: once per customer, `kind` and `period`."""

    kind: str
    period: str
    first: date
    last: date
    target: date
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """A period that touches the horizon: what is left of it, and the days on which each first choice is open."""

    rule: ObligationRule
    period: Period
    first: date
    days: Mapping[Channel, tuple[date, ...]]
    wanted: tuple[Channel, ...]


class Opening:
    """Opens obligations and wishes from one day on. Built once per batch."""

    def __init__(self, *, cadence: Cadence, calendar: Calendar, today: date) -> None:
        self._cadence = cadence
        self._calendar = calendar
        self._today = today
        self._end = today + timedelta(days=cadence.horizon_days - 1)
        self._due = {tier: tuple(self._due_of(tier)) for tier in Tier}

    def obligations(self, customer_id: UUID, tier: Tier) -> list[Opened]:
        """What the tier owes this customer in the periods that the horizon touches, each with its target day.

        The target lies at the same share of each period, so that monthly contacts come about a month apart; where
        that day is past, at that share of what is left. Days on which the first choice of channel is closed do not
        count, so no heap builds up behind weekends and holidays.
        """
        return [self._opened(customer_id, due) for due in self._due[tier]]

    def birthday(self, birth_date: date) -> Opened | None:
        """The greeting for a birthday within the horizon (H13): on the day or not at all."""
        rule = self._cadence.wishes.get(SignalKind.BIRTHDAY)
        if rule is None:
            return None
        for year in (self._today.year, self._end.year):
            day = birthday_in(birth_date, year)
            if self._today <= day <= self._end:
                return Opened(rule.kind, period_of(rule.repeat, day).code, day, day + (rule.within_days - 1) * DAY, day)
        return None

    def _due_of(self, tier: Tier) -> list[_Due]:
        found = []
        for rule in self._cadence.obligations:
            if rule.tier is not tier:
                continue
            wanted = tuple(self._cadence.kinds[rule.kind].channels[tier])
            for period in periods_between(rule.every, self._today, self._end):
                first = max(period.first, self._today)
                if first == period.first or (period.last - first).days + 1 >= rule.min_days_left:
                    days = {channel: self._open_days(channel, period.first, period.last) for channel in wanted}
                    found.append(_Due(rule, period, first, days, wanted))
        return found

    def _opened(self, customer_id: UUID, due: _Due) -> Opened:
        kind, period = self._cadence.kinds[due.rule.kind], due.period
        share = spread(customer_id, due.rule.kind)
        first_choice = due.wanted[(share + period.number) % len(due.wanted)] if kind.rotate else due.wanted[0]
        days = due.days[first_choice] or (due.first,)
        target = pick(days, share)
        if target < due.first:
            target = pick([day for day in days if day >= due.first] or [due.first], share)
        return Opened(due.rule.kind, period.code, due.first, period.last, target)

    def _open_days(self, channel: Channel, first: date, last: date) -> tuple[date, ...]:
        classes = self._cadence.channels[channel].days
        days = (first + index * DAY for index in range((last - first).days + 1))
        return tuple(day for day in days if self._calendar.presumed_class(day) in classes)


def wish_for(cadence: Cadence, signal: SignalKind, *, as_of: date, raised_at: datetime, today: date) -> Opened | None:
    """The wish that a signal brings, or None for one that brings none of its own.

    Urgent ones carry the moment by which the contact must have happened, counted from `raised_at` (H25). A birthday
    is not among them: `Opening.birthday` knows it from the birth date, weeks ahead.
    """
    rule = cadence.wishes.get(signal)
    if rule is None or signal is SignalKind.BIRTHDAY:
        return None
    urgent = cadence.kinds[rule.kind].urgent
    due_at = raised_at + timedelta(hours=urgent.within_hours) if urgent else None
    first = max(as_of, today)
    return Opened(rule.kind, period_of(rule.repeat, as_of).code, first, first + (rule.within_days - 1) * DAY, first, due_at)
