"""What the gate learns of customers from profile: translation only."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.profile import CustomerState, MeasuresComputed
from services.compliance.suitability.store import customers


def declare(reactions: Reactions) -> None:
    """Add the gate's reactions to those of the service."""

    @reactions.on(MeasuresComputed)
    async def on_measures(session: Session, received: Sequence[Received[MeasuresComputed]], context: Context) -> None:
        assets = [(one.event.customer_id, one.event.assets.days_30, one.event.as_of) for one in received]
        await customers.put_assets(session, assets)


async def keep_records(session: Session, events: Sequence[CustomerState]) -> None:
    """Age, branch and adviser of customers."""
    records = [customers.Record(event.customer_id, event.birth_date, event.branch, event.adviser_no) for event in events]
    await customers.put_records(session, records)
