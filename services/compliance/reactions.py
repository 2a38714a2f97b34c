"""Events to actions: every audited act of every service, this one included, becomes an entry."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.audit import AUDITED, Audited
from services.compliance import actions
from services.compliance.rules import Act

reactions = Reactions()


@reactions.on(*AUDITED.values())
async def on_audited(session: Session, received: Sequence[Received[Audited]], context: Context) -> None:
    """Append a run of acts in the order of their arrival."""
    await actions.record(session, acts=[_act(item) for item in received], now=context.now)


def _act(received: Received[Audited]) -> Act:
    event = received.event
    return Act(
        event_id=received.id,
        service=event.service(),
        act_id=event.act_id,
        actor=event.actor,
        roles=event.roles,
        act=event.act,
        customer_id=event.customer_id,
        purpose=event.purpose.value,
        outcome=event.outcome.value,
        rule=event.rule,
        request_id=event.request_id,
        details=event.details,
        occurred_at=received.time,
    )
