"""What other services tell the gateway: complex needs, and what choosing teams must know of customers."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.profile import CustomerChanged, CustomerRegistered, CustomerState, SignalRaised
from contracts.events.tiering import TierChanged
from gateway import store
from gateway.actions.opening import open_case
from gateway.policy import case_policy
from gateway.rules.cases import OpenCaseExists

reactions = Reactions()


@reactions.on(SignalRaised)
async def on_signal(session: Session, received: Sequence[Received[SignalRaised]], context: Context) -> None:
    """A complex need opens a case (H19); while one is open for the cause, another signal changes nothing."""
    policy = case_policy()
    for signal in (item.event for item in received):
        cause = policy.cause_of(signal.kind)
        if cause is None:
            continue
        try:
            await open_case(
                session,
                customer_id=signal.customer_id,
                cause=cause,
                policy=policy,
                opened_by=f"signal:{signal.signal_id}",
                signal_id=signal.signal_id,
                now=context.now,
            )
        except OpenCaseExists:
            continue


@reactions.on(CustomerRegistered)
async def on_registered(session: Session, received: Sequence[Received[CustomerRegistered]], context: Context) -> None:
    """A customer whom no later event told of is known from now on."""
    await store.put_places(session, _latest(received), replace=False)


@reactions.on(CustomerChanged)
async def on_changed(session: Session, received: Sequence[Received[CustomerChanged]], context: Context) -> None:
    """Branch and adviser as they are now."""
    await store.put_places(session, _latest(received), replace=True)


@reactions.on(TierChanged)
async def on_tier(session: Session, received: Sequence[Received[TierChanged]], context: Context) -> None:
    """The tier as it is now (the adviser of a VIP leads)."""
    await store.put_tiers(session, {item.event.customer_id: item.event.tier for item in received})


def _latest(received: Sequence[Received[CustomerRegistered]] | Sequence[Received[CustomerChanged]]) -> dict[UUID, CustomerState]:
    return {item.event.customer_id: item.event for item in received}
