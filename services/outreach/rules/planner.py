"""The planner: demands of one person become contacts under one budget (H11), or keep the rule that stood in the way.

Demands are taken in order of urgency, priority and deadline. Each goes to the free moment next after its target day,
or failing that to the one next before, on the tier's first channel that has one. What is already planned stays
where it is. Times are minutes from today's midnight in Asia/Shanghai, days are bits of an integer (bit 0 is today).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from contracts.values import Channel, Tier
from services.outreach.rules.budget import Agenda, day_bits
from services.outreach.rules.cadence import MINUTES_PER_DAY, Cadence, Kind, Urgency, minute_of
from services.outreach.rules.calendar import SHANGHAI, Calendar
from services.outreach.rules.periods import age_on
from services.outreach.rules.reasons import CalendarState, ChannelReason, PlacedBy, Reason
from services.outreach.rules.spread import spread

_ALMOST_A_MINUTE = timedelta(seconds=60) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Demand:
    """Something to be placed in the days `first` to `last`, best on `target`; urgent ones before `due_at`.

    `number` counts periods and turns the choice of channel; `is_wish` tells a signal's wish from a tier's obligation.
    """

    id: UUID
    kind: str
    period: str
    first: date
    last: date
    target: date
    number: int = 0
    due_at: datetime | None = None
    is_wish: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """What the planner knows of a customer. `refused` holds (purpose, channel); `contacts` are the moments that
    count against the budget, past ones included."""

    customer_id: UUID
    tier: Tier | None
    birth_date: date | None
    refused: frozenset[tuple[str, Channel]] = frozenset()
    contacts: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """A demand with its day, moment and channel, and why there. `bypassed` names the rules that the urgent
    bypass set aside; it is empty for everything else."""

    demand: Demand
    channel: Channel
    at: datetime
    day: date
    placed_by: PlacedBy
    channel_reason: ChannelReason
    calendar: CalendarState
    bypass: str | None = None
    bypassed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Contacts, and for each demand without one the rule that stood in the way."""

    placements: list[Placement] = field(default_factory=list)
    unplaced: list[tuple[Demand, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Opening:
    """When a channel can be used within the horizon: open days, slots outside quiet hours, minutes of notice."""

    days: int
    slots: tuple[int, ...]
    lead: int


@dataclass(frozen=True, slots=True)
class _Case:
    """One person at one minute, with what is planned so far."""

    person: Person
    agenda: Agenda
    now: int


class Planner:
    """Plans any number of persons on one day. It holds no state of a person; a process makes one per day."""

    def __init__(self, *, cadence: Cadence, calendar: Calendar, today: date) -> None:
        self._cadence = cadence
        self._calendar = calendar
        self._today = today
        self._midnight = datetime.combine(today, time(), SHANGHAI)
        self._size = cadence.horizon_days
        self._openings = {channel: self._opening(channel) for channel in cadence.channels}

    def plan(self, person: Person, demands: Sequence[Demand], *, now: datetime) -> Plan:
        """Place what can be placed from `now` on. The order of `demands` does not matter."""
        plan = Plan()
        agenda = Agenda(self._cadence.budget, self._size, [self._minute(moment) for moment in person.contacts])
        case = _Case(person, agenda, self._minute(now + _ALMOST_A_MINUTE))
        for demand in sorted(demands, key=self._rank):
            outcome = self._settle(case, demand, self._cadence.kinds[demand.kind])
            if isinstance(outcome, Placement):
                plan.placements.append(outcome)
            else:
                plan.unplaced.append((demand, outcome))
        return plan

    def _settle(self, case: _Case, demand: Demand, kind: Kind) -> Placement | str:
        if kind.urgent is not None and demand.due_at is not None:
            return self._place_urgent(case, demand, kind, kind.urgent, demand.due_at)
        return self._barred(case.person, kind) or self._place(case, demand, kind)

    def _rank(self, demand: Demand) -> tuple[bool, int, date, str, str, UUID]:
        priority = self._cadence.kinds[demand.kind].priority
        return demand.due_at is None, priority, demand.last, demand.kind, demand.period, demand.id

    def _barred(self, person: Person, kind: Kind) -> str | None:
        """The rule about the person that forbids any contact of this kind."""
        if kind.urgent is not None:
            return None
        if person.tier is None or person.birth_date is None:
            return Reason.RECIPIENT_UNKNOWN
        if age_on(person.birth_date, self._today) < self._cadence.min_age:
            return Reason.UNDER_AGE
        return None

    def _choices(self, person: Person, demand: Demand, kind: Kind) -> list[tuple[Channel, ChannelReason]]:
        """The channels that the tier and the person's refusals leave, best first, each with why it is there."""
        wanted = kind.channels.get(person.tier or Tier.ORDINARY, ())
        if kind.rotate and wanted:
            turn = (spread(person.customer_id, demand.kind) + demand.number) % len(wanted)
            wanted = wanted[turn:] + wanted[:turn]
        left = [channel for channel in wanted if not any((purpose, channel) in person.refused for purpose in kind.purposes)]
        reason = ChannelReason.FIRST_CHOICE if left[:1] == list(wanted[:1]) else ChannelReason.EARLIER_REFUSED
        return [(channel, ChannelReason.EARLIER_CLOSED if place else reason) for place, channel in enumerate(left)]

    def _place(self, case: _Case, demand: Demand, kind: Kind) -> Placement | str:
        choices = self._choices(case.person, demand, kind)
        window = day_bits((demand.first - self._today).days, (demand.last - self._today).days, self._size)
        target = max((demand.target - self._today).days, 0)
        hindrance = self._hindrance(case.person, demand, kind, choices, window, target)
        if hindrance is not None:
            return hindrance
        for channel, reason in choices:
            opening = self._openings[channel]
            for day in _outward(window & opening.days & ~case.agenda.blocked, target):
                minute = self._slot(case, demand, opening, day)
                if minute is not None:
                    case.agenda.add(minute)
                    return self._placement(demand, channel, minute, _placed_by(day, target), reason)
        return self._crowded(case, [channel for channel, _ in choices], window)

    def _hindrance(
        self,
        person: Person,
        demand: Demand,
        kind: Kind,
        choices: list[tuple[Channel, ChannelReason]],
        window: int,
        target: int,
    ) -> str | None:
        """The rule, other than the budget, that leaves no moment at all."""
        if not choices:
            offered = kind.channels.get(person.tier or Tier.ORDINARY)
            return Reason.CHANNELS_REFUSED if offered else Reason.NO_CHANNEL_FOR_TIER
        if demand.last < self._today:
            return Reason.WINDOW_CLOSED
        if target >= self._size or not window:
            return Reason.BEYOND_HORIZON
        openings = [self._openings[channel] for channel, _ in choices]
        if not any(opening.slots for opening in openings):
            return Reason.QUIET_HOURS
        if not any(opening.slots and opening.days & window for opening in openings):
            return Reason.CALENDAR_CLOSED
        return None

    def _crowded(self, case: _Case, channels: list[Channel], window: int) -> str:
        """Which rule took the last moment: the budget's, or the notice that the channel needs."""
        timely = 0
        for opening in (self._openings[channel] for channel in channels):
            if opening.slots:
                first = -((max(opening.slots) - opening.lead - case.now) // MINUTES_PER_DAY)
                timely |= opening.days & window & day_bits(first, self._size, self._size)
        if not timely:
            return Reason.LEAD_TIME
        return Reason.MINIMUM_GAP if timely & ~case.agenda.blocked else case.agenda.strictest(timely)

    def _slot(self, case: _Case, demand: Demand, opening: _Opening, day: int) -> int | None:
        slots = opening.slots
        if not slots:
            return None
        turn = spread(case.person.customer_id, demand.period) % len(slots)
        for slot in slots[turn:] + slots[:turn]:
            minute = day * MINUTES_PER_DAY + slot
            if minute >= case.now + opening.lead and case.agenda.apart(minute):
                return minute
        return None

    def _place_urgent(self, case: _Case, demand: Demand, kind: Kind, urgency: Urgency, due_at: datetime) -> Placement | str:
        """As soon as the wait allows; what it then breaks is set aside by name and counted (H25)."""
        choices = self._choices(case.person, demand, kind)
        if not choices:
            return Reason.CHANNELS_REFUSED
        channel, reason = choices[0]
        soonest, due = case.now + urgency.lead_minutes, self._minute(due_at)
        limit = min(case.now + urgency.wait_hours * 60, due)
        minute = next((moment for moment in range(soonest, limit + 1) if not self._quiet(moment)), soonest)
        while case.agenda.taken(minute):
            minute += 1
        bypassed = (*((Reason.QUIET_HOURS,) if self._quiet(minute) else ()), *case.agenda.broken(minute))
        case.agenda.add(minute)
        placed_by = PlacedBy.URGENT if minute <= due else PlacedBy.URGENT_LATE
        return self._placement(demand, channel, minute, placed_by, reason, urgency.bypass if bypassed else None, bypassed)

    def _placement(
        self,
        demand: Demand,
        channel: Channel,
        minute: int,
        placed_by: PlacedBy,
        reason: ChannelReason,
        bypass: str | None = None,
        bypassed: tuple[str, ...] = (),
    ) -> Placement:
        at = self._midnight + timedelta(minutes=minute)
        state = CalendarState.PUBLISHED if self._calendar.published(at.date()) else CalendarState.UNPUBLISHED
        return Placement(demand, channel, at, at.date(), placed_by, reason, state, bypass, bypassed)

    def _opening(self, channel: Channel) -> _Opening:
        policy = self._cadence.channels[channel]
        days = 0
        for index in range(self._size):
            if self._calendar.presumed_class(self._today + timedelta(days=index)) in policy.days:
                days |= 1 << index
        slots = tuple(sorted(minute_of(slot) for slot in policy.slots if not self._quiet(minute_of(slot))))
        return _Opening(days, slots, policy.lead_hours * 60)

    def _quiet(self, minute: int) -> bool:
        return self._cadence.quiet_hours.contains(minute % MINUTES_PER_DAY)

    def _minute(self, moment: datetime) -> int:
        return int((moment - self._midnight).total_seconds() // 60)


def _outward(days: int, target: int) -> Iterator[int]:
    """The days in `days`: from the target on, then backwards from the day before it."""
    later, earlier = days >> target, days & ((1 << target) - 1)
    while later:
        low = later & -later
        yield target + low.bit_length() - 1
        later ^= low
    while earlier:
        top = earlier.bit_length() - 1
        yield top
        earlier ^= 1 << top


def _placed_by(day: int, target: int) -> PlacedBy:
    if day == target:
        return PlacedBy.ON_TARGET
    return PlacedBy.DEFERRED if day > target else PlacedBy.BROUGHT_FORWARD
