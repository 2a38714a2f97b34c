"""Events to actions: who is a customer, and who registered with a code."""

from collections.abc import Sequence

from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.profile import CustomerChanged, CustomerRegistered
from services.referral import actions
from services.referral.models import Customer
from services.referral.rules.referrals import Claim
from services.referral.store import customers

reactions = Reactions()


@reactions.on(CustomerRegistered)
async def on_registered(session: Session, received: Sequence[Received[CustomerRegistered]], context: Context) -> None:
    """Remember new customers; settle the referrals of those who named a code. A bulk load of old customers refers nobody."""
    events = [item.event for item in received]
    await customers.remember(session, [_customer(event, state_version=0) for event in events])
    claims = [_claim(item) for item in received if item.event.referral_code and not item.event.imported]
    if claims:
        await actions.settle_referrals(session, claims=claims, now=context.now)


@reactions.on(CustomerChanged)
async def on_changed(session: Session, received: Sequence[Received[CustomerChanged]], _: Context) -> None:
    """Keep the newest state of each customer."""
    await customers.remember(session, [_customer(item.event, state_version=item.event.version) for item in received])


def _customer(event: CustomerRegistered | CustomerChanged, *, state_version: int) -> Customer:
    return Customer(customer_id=event.customer_id, household_id=event.household_id, state_version=state_version)


def _claim(received: Received[CustomerRegistered]) -> Claim:
    event = received.event
    return Claim(
        referred_id=event.customer_id,
        household_id=event.household_id,
        code=event.referral_code or "",
        day=received.time.astimezone(SHANGHAI).date(),
    )
