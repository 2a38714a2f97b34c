"""Taking in what profile and tiering tell, as sets, and planning anew whom it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from chassis.database import Session
from chassis.ids import new_id
from contracts.values import Channel, SignalKind, Tier
from services.outreach.actions.planning import replan
from services.outreach.policy import shipped
from services.outreach.rules.calendar import SHANGHAI
from services.outreach.rules.opening import wish_for
from services.outreach.rules.reasons import WithdrawnBecause
from services.outreach.rules.revision import Revision
from services.outreach.store import recipients
from services.outreach.store.recipients import Record, Spoken, Wished


@dataclass(frozen=True, slots=True)
class RaisedSignal:
    """A signal with the moment at which it was raised, and the one by which an alert wants an urgent contact."""

    signal_id: UUID
    customer_id: UUID
    kind: SignalKind
    as_of: date
    raised_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpokenConsent:
    """A customer's word on a purpose over a channel; None stands for all channels."""

    customer_id: UUID
    purpose: str
    channel: Channel | None
    granted: bool
    version: int
    at: datetime


async def hear_tiers(session: Session, *, tiers: Sequence[tuple[UUID, Tier]], now: datetime) -> list[Revision]:
    """Customers entered tiers: what the old tier owed is taken back, what the new one owes is planned (H10).

    Later entries of the same customer win."""
    latest = dict(tiers)
    await recipients.put_tiers(session, sorted(latest.items()))
    return await replan(session, customer_ids=latest, now=now)


async def hear_records(session: Session, *, records: Sequence[Record], changed: bool, now: datetime) -> list[Revision]:
    """Customers are new, or `changed`: a registration that comes late never undoes a change.

    Who has a tier is planned anew, for the birth date decides on birthdays and age."""
    latest = {record.customer_id: record for record in records}
    tiered = await recipients.put_records(session, list(latest.values()), replace=changed)
    return await replan(session, customer_ids=tiered, now=now) if tiered else []


async def hear_signals(session: Session, *, signals: Sequence[RaisedSignal], now: datetime) -> list[Revision]:
    """Signals were raised: each brings the wish of the cadence, at most one per period, and its customer is planned
    anew. A birthday needs no wish of its own: planning knows the birth date."""
    cadence, today = shipped().cadence, now.astimezone(SHANGHAI).date()
    wishes = []
    for signal in signals:
        opened = wish_for(cadence, signal.kind, as_of=signal.as_of, raised_at=signal.raised_at, today=today)
        if opened is not None:
            if opened.due_at is not None and signal.due_at is not None:
                opened = replace(opened, due_at=signal.due_at)
            wishes.append(Wished(new_id(), signal.customer_id, signal.signal_id, opened))
    concerned = {wish.customer_id for wish in wishes}
    if not concerned:
        return []
    await recipients.lock(session, concerned)
    await recipients.add_wishes(session, wishes, policy_version=cadence.version, now=now)
    return await replan(session, customer_ids=concerned, now=now)


async def hear_settled_alerts(session: Session, *, alerts: Sequence[tuple[UUID, UUID]], now: datetime) -> list[Revision]:
    """Alerts are settled, given as (customer, signal): what they asked for and has not happened yet is taken back (H25)."""
    customers = sorted({customer_id for customer_id, _ in alerts})
    await recipients.lock(session, customers)
    signals = [signal_id for _, signal_id in alerts]
    concerned = await recipients.close_wishes(session, customers, signals, reason=WithdrawnBecause.ALERT_SETTLED, now=now)
    return await replan(session, customer_ids=concerned, now=now) if concerned else []


async def hear_consents(session: Session, *, words: Sequence[SpokenConsent], now: datetime) -> list[Revision]:
    """Customers agreed or refused: contacts on refused channels are taken back and placed on another if there is one
    (PIPL art. 24). Words must stand in the order in which they were spoken."""
    last: dict[tuple[UUID, str, str], Spoken] = {}
    for word in words:
        channel = word.channel.value if word.channel else ""
        if not channel:
            last = {key: said for key, said in last.items() if key[:2] != (word.customer_id, word.purpose)}
        spoken = Spoken(word.customer_id, word.purpose, channel, word.granted, word.version, word.at)
        last[word.customer_id, word.purpose, channel] = spoken
    concerned = {word.customer_id for word in words}
    await recipients.lock(session, concerned)
    await recipients.put_consents(session, list(last.values()))
    return await replan(session, customer_ids=concerned, now=now)
