"""Events to the watch: translation only."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context, Received
from contracts.events.profile import CustomerChanged, CustomerRegistered, CustomerState, SignalRaised
from contracts.values import SignalKind
from services.compliance.reactions import reactions
from services.compliance.watch import actions, policy
from services.compliance.watch.actions import Suspicion

__all__ = ["reactions"]

_AMOUNTS = {SignalKind.LARGE_OUTFLOW: ("outflow", "transactions"), SignalKind.HIGH_RISK_STREAK: ("purchases", "purchases")}
"""Under which names the evidence of a signal has its amount and its count."""


@reactions.on(CustomerRegistered)
async def on_registered(session: Session, received: Sequence[Received[CustomerRegistered]], context: Context) -> None:
    """Customers are new."""
    await actions.keep_customers(session, rows=[_row(one.event) for one in received], changed=False)


@reactions.on(CustomerChanged)
async def on_changed(session: Session, received: Sequence[Received[CustomerChanged]], context: Context) -> None:
    """Customers' records changed."""
    await actions.keep_customers(session, rows=[_row(one.event) for one in received], changed=True)


@reactions.on(SignalRaised)
async def on_signals(session: Session, received: Sequence[Received[SignalRaised]], context: Context) -> None:
    """Signals were raised; those that the policy names become alerts (H25, H26)."""
    rules = policy.rules()
    suspicions = [_suspicion(one) for one in received if one.event.kind in rules.kinds]
    if suspicions:
        await actions.open_alerts(session, suspicions=suspicions, rules=rules, now=context.now)


def _row(event: CustomerState) -> tuple[UUID, str, str | None]:
    return event.customer_id, event.branch, event.adviser_no


def _suspicion(received: Received[SignalRaised]) -> Suspicion:
    event, evidence = received.event, received.event.evidence
    amount, count = _AMOUNTS[event.kind]
    return Suspicion(
        signal_id=event.signal_id,
        customer_id=event.customer_id,
        kind=event.kind,
        day=evidence.window_to,
        amount_fen=evidence.amounts_fen.get(amount),
        count=evidence.counts.get(count, len(evidence.ids)),
        account_ids=evidence.account_ids,
        transactions=evidence.ids,
        raised_at=received.time,
    )
