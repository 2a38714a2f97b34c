"""Forgetting a customer (PIPL art. 47), or saying until which day the law keeps the record. Both are audited."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.database import driver
from chassis.http import Caller, DatabaseDep, Now, SessionDep, Today
from contracts.values import Outcome, RuleBroken, Scope
from services.profile.api.standing import of_customer
from services.profile.keeping import erasure
from services.profile.rights_schemas import ErasureOut, HoldOut
from services.profile.rules.retention import RelationGoesOn, RetentionRuns
from services.profile.store.erasure import lock_person

router = APIRouter(tags=["erasure"])


@router.post(
    "/v1/customers/{customer_id}/erasure",
    **of_customer(scope=Scope.PROFILE_FORGET, errors={RelationGoesOn: 409, RetentionRuns: 409}),
)
async def forget(
    customer_id: UUID, caller: Caller, session: SessionDep, database: DatabaseDep, now: Now, today: Today
) -> ErasureOut:
    """Forget the customer for ever. While the law keeps the record the answer names the day, and all but storage stops."""
    try:
        kept = await erasure.keeping(session, customer_id=customer_id, today=today)
        if kept is not None:
            raise RetentionRuns(f"until {kept.until}: {kept.keeping.years} years, {kept.keeping.clause}")
        await lock_person(session, customer_id)
        if await erasure.keeping(session, customer_id=customer_id, today=today) is not None:
            raise RetentionRuns("an account was opened or a booking came in at this moment")
    except RuleBroken as refusal:
        # in a transaction of its own: what is refused is undone, what follows from the refusal is not
        async with database.begin() as own:
            if isinstance(refusal, RetentionRuns) and kept is not None:
                await erasure.restrict(own, customer_id=customer_id, until=kept.until, now=now)
            await audit(
                own, caller=caller, act="customer.forget", customer_id=customer_id, outcome=Outcome.REFUSED, rule=refusal.rule
            )
        raise
    await erasure.forget(session, customer_id=customer_id, now=now)
    await audit(session, caller=caller, act="customer.forget", customer_id=customer_id)
    return ErasureOut(customer_id=customer_id, forgotten_at=now)


@router.get("/v1/customers/{customer_id}/erasure", **of_customer(scope=Scope.PROFILE_READ))
async def read_hold(customer_id: UUID, caller: Caller, session: SessionDep) -> HoldOut:
    """Whether the customer asked to be forgotten, and from which day on that is done."""
    until: date | None = await (await driver(session)).fetchval(
        "SELECT restricted_until FROM customer WHERE id = $1", customer_id
    )
    await audit(session, caller=caller, act="erasure.read", customer_id=customer_id)
    return HoldOut(restricted_until=until)
