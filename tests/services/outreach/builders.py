"""One small builder per noun."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from contracts.events.compliance import AlertContacted, AlertEnded, AlertOpened
from contracts.events.profile import ConsentChanged, CustomerRegistered, Evidence, SignalRaised
from contracts.events.tiering import TierChanged
from contracts.values import Channel, SignalKind, Tier
from services.outreach.policy import shipped
from services.outreach.rules.cadence import Budget, Cadence, Cap, ChannelPolicy, DayClass, Kind, QuietHours, Text, Urgency
from services.outreach.rules.calendar import SHANGHAI
from services.outreach.rules.planner import Demand, Person, Plan, Planner

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
TODAY = date(2026, 11, 2)
TEXT = Text(zh="文", en="text")


def a_customer(number: int = 7) -> UUID:
    """A customer whose target days are always the same: customers of chance may have theirs just after the horizon."""
    return UUID(int=number)


def a_moment(day: int, hour: int = 10, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def a_cap(at_most: int, days: int, rule: str | None = None) -> Cap:
    return Cap(rule or f"cap_{days}", at_most, days, TEXT)


def a_channel(*slots: str, days: tuple[DayClass, ...] = tuple(DayClass), lead_hours: int = 0) -> ChannelPolicy:
    return ChannelPolicy(TEXT, tuple(time.fromisoformat(slot) for slot in slots or ("10:00", "15:00")), days, lead_hours)


def a_kind(
    *channels: Channel, purposes: tuple[str, ...] = ("service",), priority: int = 50, urgent: Urgency | None = None
) -> Kind:
    return Kind(TEXT, "H10", purposes, priority, dict.fromkeys(Tier, channels or (Channel.APP,)), False, urgent)


URGENCY = Urgency(within_hours=24, wait_hours=12, lead_minutes=15, bypass="urgent_risk")


def a_cadence(
    *caps: Cap,
    min_gap_hours: int = 0,
    quiet: tuple[str, str] = ("21:00", "08:30"),
    channels: dict[Channel, ChannelPolicy] | None = None,
    kinds: dict[str, Kind] | None = None,
) -> Cadence:
    """The shipped cadence with one plain kind "note" on the app, one urgent kind "alarm", and no caps unless given."""
    return replace(
        shipped().cadence,
        budget=Budget(caps, min_gap_hours),
        quiet_hours=QuietHours(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])),
        channels=dict.fromkeys(Channel, a_channel()) | (channels or {}),
        kinds={"note": a_kind(), "alarm": a_kind(Channel.PHONE, priority=0, urgent=URGENCY)} | (kinds or {}),
    )


@dataclass(frozen=True)
class APlanner:
    """The planner of one moment."""

    cadence: Cadence
    now: datetime

    def plan(self, person: Person, demands: Sequence[Demand]) -> Plan:
        today = self.now.astimezone(SHANGHAI).date()
        return Planner(cadence=self.cadence, calendar=shipped().calendar, today=today).plan(person, demands, now=self.now)


def a_planner(cadence: Cadence | None = None, *, now: datetime = NOW) -> APlanner:
    return APlanner(cadence or a_cadence(), now)


def a_person(*contacts: datetime, tier: Tier | None = Tier.VIP, refused: set[tuple[str, Channel]] | None = None) -> Person:
    return Person(a_customer(), tier, date(1980, 5, 17), frozenset(refused or ()), contacts)


def a_demand(
    first: date = TODAY,
    last: date = date(2026, 11, 29),
    target: date | None = None,
    *,
    kind: str = "note",
    due_at: datetime | None = None,
) -> Demand:
    return Demand(uuid4(), kind, f"{first}", first, last, target or first, due_at=due_at)


def tier_changed(customer_id: UUID, tier: Tier, *, version: int = 1, previous: Tier | None = None) -> TierChanged:
    return TierChanged(
        customer_id=customer_id,
        version=version,
        tier=tier,
        previous=previous,
        reason="vip.assets",
        policy_version=1,
        as_of=TODAY,
        decided_at=NOW,
        package="vip",
    )


def registered(customer_id: UUID, *, birth_date: date = date(1980, 5, 17), branch: str = "0101") -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer_id, version=1, branch=branch, birth_date=birth_date, sex="f", opened_on=date(2020, 1, 2)
    )


def signal(customer_id: UUID, kind: SignalKind, *, as_of: date = TODAY) -> SignalRaised:
    evidence = Evidence(window_from=as_of, window_to=as_of)
    return SignalRaised(
        signal_id=uuid4(), customer_id=customer_id, kind=kind, as_of=as_of, confidence_bp=9_000, evidence=evidence
    )


def consent(customer_id: UUID, *, purpose: str, channel: Channel | None, granted: bool, version: int = 1) -> ConsentChanged:
    return ConsentChanged(customer_id=customer_id, version=version, purpose=purpose, channel=channel, granted=granted, at=NOW)


def alert_of(raised: SignalRaised, *, now: datetime) -> tuple[AlertOpened, AlertContacted, AlertEnded]:
    """What the watch tells of a signal: it asks for a contact within 24 hours, the customer was reached, it is closed."""
    common = {"alert_id": uuid4(), "customer_id": raised.customer_id, "signal_id": raised.signal_id, "kind": raised.kind}
    opened = AlertOpened(**common, day=raised.as_of, raised_at=now, due_at=now + timedelta(hours=24), owner="compliance")
    return opened, AlertContacted(**common, contacted_at=now), AlertEnded(**common, outcome="explained", closed_at=now)
