"""What outreach does when profile and tiering tell something: translation only."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.compliance import AlertContacted, AlertEnded, AlertOpened, OfAnAlert
from contracts.events.profile import ConsentChanged, CustomerChanged, CustomerRegistered, CustomerState, SignalRaised
from contracts.events.tiering import TierChanged
from services.outreach import actions
from services.outreach.actions.hearing import RaisedSignal, SpokenConsent
from services.outreach.policy import shipped
from services.outreach.rules.cadence import HeardFrom
from services.outreach.store.recipients import Record

reactions = Reactions()


@reactions.on(TierChanged)
async def on_tiers(session: Session, received: Sequence[Received[TierChanged]], context: Context) -> None:
    """Customers entered tiers."""
    tiers = [(one.event.customer_id, one.event.tier) for one in received]
    await actions.hear_tiers(session, tiers=tiers, now=context.now)


@reactions.on(CustomerRegistered)
async def on_registered(session: Session, received: Sequence[Received[CustomerRegistered]], context: Context) -> None:
    """Customers are new."""
    await actions.hear_records(session, records=[_record(one.event) for one in received], changed=False, now=context.now)


@reactions.on(CustomerChanged)
async def on_changed(session: Session, received: Sequence[Received[CustomerChanged]], context: Context) -> None:
    """Customers' records changed."""
    await actions.hear_records(session, records=[_record(one.event) for one in received], changed=True, now=context.now)


@reactions.on(SignalRaised)
async def on_signals(session: Session, received: Sequence[Received[SignalRaised]], context: Context) -> None:
    """Signals were raised. Those of the watch come as its alerts."""
    signals = [
        RaisedSignal(one.event.signal_id, one.event.customer_id, one.event.kind, one.event.as_of, one.time)
        for one in received
        if shipped().cadence.heard_from(one.event.kind) is HeardFrom.SIGNAL
    ]
    await actions.hear_signals(session, signals=signals, now=context.now)


@reactions.on(AlertOpened)
async def on_alerts(session: Session, received: Sequence[Received[AlertOpened]], context: Context) -> None:
    """The watch asks for contacts (H25, H26)."""
    signals = [
        RaisedSignal(event.signal_id, event.customer_id, event.kind, event.day, event.raised_at, event.due_at)
        for event in (one.event for one in received)
        if shipped().cadence.heard_from(event.kind) is HeardFrom.ALERT
    ]
    await actions.hear_signals(session, signals=signals, now=context.now)


@reactions.on(AlertContacted, AlertEnded)
async def on_settled_alerts(session: Session, received: Sequence[Received[OfAnAlert]], context: Context) -> None:
    """The customer was reached, or the alert has ended: the watch asks for no further contact."""
    alerts = [(one.event.customer_id, one.event.signal_id) for one in received]
    await actions.hear_settled_alerts(session, alerts=alerts, now=context.now)


@reactions.on(ConsentChanged)
async def on_consents(session: Session, received: Sequence[Received[ConsentChanged]], context: Context) -> None:
    """Customers agreed or refused."""
    words = [
        SpokenConsent(event.customer_id, event.purpose, event.channel, granted=event.granted, version=event.version, at=event.at)
        for event in (one.event for one in received)
    ]
    await actions.hear_consents(session, words=words, now=context.now)


def _record(event: CustomerState) -> Record:
    return Record(event.customer_id, event.birth_date, event.branch, event.adviser_no)
