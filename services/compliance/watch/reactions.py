"""Events to the watch: translation only."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.profile import CustomerState, SignalRaised
from contracts.values import SignalKind
from services.compliance.watch import actions, policy
from services.compliance.watch.actions import Suspicion

_AMOUNTS = {SignalKind.LARGE_OUTFLOW: ("outflow", "transactions"), SignalKind.HIGH_RISK_STREAK: ("purchases", "purchases")}
"""Under which names the evidence of a signal has its amount and its count."""


def declare(reactions: Reactions) -> None:
    """Add the watch's reaction to those of the service."""

    @reactions.on(SignalRaised)
    async def on_signals(session: Session, received: Sequence[Received[SignalRaised]], context: Context) -> None:
        """Signals were raised; those that the policy names become alerts (H25, H26)."""
        rules = policy.rules()
        suspicions = [_suspicion(one) for one in received if one.event.kind in rules.kinds]
        if suspicions:
            await actions.open_alerts(session, suspicions=suspicions, rules=rules, now=context.now)


async def keep_customers(session: Session, events: Sequence[CustomerState], *, changed: bool) -> None:
    """Branch and adviser of customers, who own their alerts."""
    rows = [(event.customer_id, event.branch, event.adviser_no) for event in events]
    await actions.keep_customers(session, rows=rows, changed=changed)


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
