"""The route that replays a decision of the past."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from chassis.http import Now, SessionDep, operation
from contracts.values import Scope
from services.tiering import actions
from services.tiering.api.customers import decision_at_moment, decision_out
from services.tiering.schemas import ReplayOut

router = APIRouter(tags=["tiering"])


@router.get(
    "/v1/customers/{customer_id}/tier/replay",
    **operation(scope=Scope.TIER_READ, errors={actions.NoDecision: 404, actions.PolicyUnknown: 404}),
)
async def replay_tier(
    customer_id: UUID,
    session: SessionDep,
    now: Now,
    at: Annotated[AwareDatetime | None, Query(description="The decision that held at this moment; now where left out.")] = None,
) -> ReplayOut:
    """Decide again on the stored inputs under the stored policy version, and say whether the answer is the same."""
    row = await decision_at_moment(session, customer_id, at or now)
    found = await actions.replay(session, row)
    return ReplayOut(
        identical=found.identical,
        differences=list(found.differences),
        policy_intact=found.policy_intact,
        decision=decision_out(row),
    )
