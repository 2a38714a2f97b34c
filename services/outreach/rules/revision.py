"""Revision of one customer's plan: what is missed, what must go, what comes into being, and where it is placed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.values import Channel, Tier
from services.outreach.rules.cadence import Cadence
from services.outreach.rules.calendar import SHANGHAI, Calendar
from services.outreach.rules.consents import Consent, refused
from services.outreach.rules.opening import Opened, Opening
from services.outreach.rules.periods import age_on, period_of
from services.outreach.rules.planner import Demand, Person, Placement, Planner
from services.outreach.rules.reasons import CalendarState, WithdrawnBecause


class State(StrEnum):
    """Where an obligation or a wish stands. `met` is for a contact that was made."""

    OPEN = "open"
    PLANNED = "planned"
    MET = "met"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


ACTIVE = frozenset({State.OPEN, State.PLANNED})


@dataclass(frozen=True, slots=True)
class Held:
    """An obligation (it has a tier) or a wish as it is stored. `reason` is the rule that keeps it from being planned."""

    id: UUID
    kind: str
    period: str
    first: date
    last: date
    target: date
    state: State
    tier: Tier | None = None
    due_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A contact that is planned; `origin_id` is its obligation or wish."""

    id: UUID
    origin_id: UUID
    kind: str
    channel: Channel
    at: datetime
    calendar: CalendarState


@dataclass(slots=True)
class Dossier:
    """Everything that a revision reads of one customer."""

    customer_id: UUID
    tier: Tier | None
    birth_date: date | None
    plan_version: int = 0
    consents: list[Consent] = field(default_factory=list)
    obligations: list[Held] = field(default_factory=list)
    wishes: list[Held] = field(default_factory=list)
    contacts: list[Standing] = field(default_factory=list)


@dataclass(slots=True)
class Revision:
    """What a revision changes: obligations and wishes that are new or changed, new contacts by id, contacts taken
    back with the reason, and contacts whose day the calendar has confirmed."""

    dossier: Dossier
    obligations: list[Held] = field(default_factory=list)
    wishes: list[Held] = field(default_factory=list)
    contacts: list[tuple[UUID, Placement]] = field(default_factory=list)
    withdrawn: list[tuple[Standing, WithdrawnBecause]] = field(default_factory=list)
    confirmed: list[UUID] = field(default_factory=list)

    @property
    def replans(self) -> bool:
        """Does the plan itself change, and with it its version?"""
        return bool(self.contacts or self.withdrawn)

    @property
    def plan_version(self) -> int:
        """The version of the plan after this revision."""
        return self.dossier.plan_version + self.replans


class Reviser:
    """Revises any number of customers on one day; a process makes one per day. `new_id` makes the ids of new rows."""

    def __init__(self, *, cadence: Cadence, calendar: Calendar, today: date, new_id: Callable[[], UUID]) -> None:
        self._planner = Planner(cadence=cadence, calendar=calendar, today=today)
        self._opening = Opening(cadence=cadence, calendar=calendar, today=today)
        self._cadence, self._calendar, self._today, self._new_id = cadence, calendar, today, new_id
        self._every = {(rule.tier, rule.kind): rule.every for rule in cadence.obligations}

    def revise(self, dossier: Dossier, *, now: datetime) -> Revision:
        """The changes that bring one customer's plan up to date. Revising again at once changes nothing."""
        revision = Revision(dossier)
        no_go = refused(dossier.consents)
        past = {contact.origin_id for contact in dossier.contacts if contact.at <= now}
        obligations = {held.id: self._settled(held, dossier.tier, past, now) for held in dossier.obligations}
        wishes = {held.id: self._settled(held, None, past, now) for held in dossier.wishes}
        held = obligations | wishes
        gone = self._withdraw(held, no_go, revision, now)
        for origin_id in gone:
            store = obligations if origin_id in obligations else wishes
            if origin_id in store and store[origin_id].state is State.PLANNED:
                store[origin_id] = replace(store[origin_id], state=State.OPEN)
        self._open(dossier, obligations, wishes)
        self._plan(no_go, obligations, wishes, revision, now)
        before = {entry.id: entry for entry in (*dossier.obligations, *dossier.wishes)}
        revision.obligations = [entry for entry in obligations.values() if before.get(entry.id) != entry]
        revision.wishes = [entry for entry in wishes.values() if before.get(entry.id) != entry]
        return revision

    def _settled(self, held: Held, tier: Tier | None, past: set[UUID], now: datetime) -> Held:
        """An active entry whose window closed is missed; one of another tier, or that the policy dropped, is taken
        back unless the moment of its contact has passed."""
        if held.state not in ACTIVE:
            return held
        if held.last < self._today and (held.due_at is None or held.due_at < now):
            return replace(held, state=State.MISSED)
        if held.id in past:
            return held
        if held.tier is not None and held.tier is not tier:
            return replace(held, state=State.WITHDRAWN, reason=WithdrawnBecause.TIER_CHANGED)
        if held.kind not in self._cadence.kinds:
            return replace(held, state=State.WITHDRAWN, reason=WithdrawnBecause.POLICY_CHANGED)
        return held

    def _withdraw(
        self, held: dict[UUID, Held], no_go: frozenset[tuple[str, Channel]], revision: Revision, now: datetime
    ) -> set[UUID]:
        """Take back what may no longer happen; what lies in the past stays. Returns the origins that lost their contact."""
        gone = set()
        for contact in revision.dossier.contacts:
            if contact.at <= now:
                continue
            reason = self._objection(contact, held.get(contact.origin_id), no_go)
            if reason is not None:
                revision.withdrawn.append((contact, reason))
                gone.add(contact.origin_id)
            elif contact.calendar is CalendarState.UNPUBLISHED and self._calendar.published(_day(contact.at)):
                revision.confirmed.append(contact.id)
        return gone

    def _objection(
        self, contact: Standing, origin: Held | None, no_go: frozenset[tuple[str, Channel]]
    ) -> WithdrawnBecause | None:
        if origin is not None and origin.state is State.WITHDRAWN:
            return WithdrawnBecause(origin.reason or WithdrawnBecause.TIER_CHANGED)
        kind = self._cadence.kinds.get(contact.kind)
        if kind is None:
            return WithdrawnBecause.POLICY_CHANGED
        if any((purpose, contact.channel) in no_go for purpose in kind.purposes):
            return WithdrawnBecause.CONSENT_REFUSED
        day = _day(contact.at)
        presumed = contact.calendar is CalendarState.UNPUBLISHED and self._calendar.published(day)
        if presumed and self._calendar.announced_class(day) not in self._cadence.channels[contact.channel].days:
            return WithdrawnBecause.CALENDAR_PUBLISHED
        return None

    def _open(self, dossier: Dossier, obligations: dict[UUID, Held], wishes: dict[UUID, Held]) -> None:
        """Add what the tier and the birth date bring; persons under the policy's age are owed nothing."""
        if dossier.birth_date is not None and age_on(dossier.birth_date, self._today) < self._cadence.min_age:
            return
        if dossier.tier is not None:
            known = {(held.kind, held.period): held for held in obligations.values()}
            for opened in self._opening.obligations(dossier.customer_id, dossier.tier):
                self._add(obligations, known.get((opened.kind, opened.period)), opened, dossier.tier)
        birthday = self._opening.birthday(dossier.birth_date) if dossier.birth_date else None
        if birthday is not None:
            known = {(held.kind, held.period): held for held in wishes.values()}
            self._add(wishes, known.get((birthday.kind, birthday.period)), birthday, None)

    def _add(self, store: dict[UUID, Held], known: Held | None, opened: Opened, tier: Tier | None) -> None:
        if known is not None and known.state is not State.WITHDRAWN:
            return
        entry_id = known.id if known is not None else self._new_id()
        store[entry_id] = Held(
            id=entry_id,
            kind=opened.kind,
            period=opened.period,
            first=opened.first,
            last=opened.last,
            target=opened.target,
            state=State.OPEN,
            tier=tier,
            due_at=opened.due_at,
        )

    def _plan(
        self,
        no_go: frozenset[tuple[str, Channel]],
        obligations: dict[UUID, Held],
        wishes: dict[UUID, Held],
        revision: Revision,
        now: datetime,
    ) -> None:
        dossier = revision.dossier
        waiting = [held for held in (*obligations.values(), *wishes.values()) if held.state is State.OPEN]
        if not waiting:
            return
        dropped = {contact.id for contact, _ in revision.withdrawn}
        counted = tuple(contact.at for contact in dossier.contacts if contact.id not in dropped)
        person = Person(dossier.customer_id, dossier.tier, dossier.birth_date, no_go, counted)
        plan = self._planner.plan(person, [self._demand(held) for held in waiting], now=now)
        for placement in plan.placements:
            store = obligations if placement.demand.id in obligations else wishes
            store[placement.demand.id] = replace(store[placement.demand.id], state=State.PLANNED, reason=None)
            revision.contacts.append((self._new_id(), placement))
        for demand, reason in plan.unplaced:
            store = obligations if demand.id in obligations else wishes
            store[demand.id] = replace(store[demand.id], reason=str(reason))

    def _demand(self, held: Held) -> Demand:
        every = self._every.get((held.tier, held.kind)) if held.tier is not None else None
        number = period_of(every, held.first).number if every is not None else 0
        days = (held.first, held.last, held.target)
        return Demand(held.id, held.kind, held.period, *days, number, held.due_at, is_wish=held.tier is None)


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
