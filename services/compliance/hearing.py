"""What this service hears. An event that several rooms need is handed to each of them here."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Received
from contracts.events.profile import CustomerChanged, CustomerRegistered, CustomerState
from services.compliance.reactions import reactions
from services.compliance.suitability import reactions as suitability
from services.compliance.watch import reactions as watch

__all__ = ["reactions"]

suitability.declare(reactions)
watch.declare(reactions)


@reactions.on(CustomerRegistered)
async def on_registered(session: Session, received: Sequence[Received[CustomerRegistered]], context: Context) -> None:
    """Customers are new."""
    await _keep(session, [one.event for one in received], changed=False)


@reactions.on(CustomerChanged)
async def on_changed(session: Session, received: Sequence[Received[CustomerChanged]], context: Context) -> None:
    """Customers' records changed."""
    await _keep(session, [one.event for one in received], changed=True)


async def _keep(session: Session, events: Sequence[CustomerState], *, changed: bool) -> None:
    await suitability.keep_records(session, events)
    await watch.keep_customers(session, events, changed=changed)
