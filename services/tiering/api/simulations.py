"""The route that simulates a tier policy before it is published."""

from typing import Annotated

from fastapi import APIRouter, Path

from chassis.http import Caller, Now, SessionDep, operation
from contracts.values import Scope
from services.tiering import actions
from services.tiering.actions import Simulated
from services.tiering.document import Text
from services.tiering.rules import PolicyGaveNoRow
from services.tiering.rules.simulating import Effect, Line, Move
from services.tiering.simulation_schemas import BranchOut, MoveOut, SimulationOut
from services.tiering.wording import words

router = APIRouter(tags=["tiering"])


@router.post(
    "/v1/policies/tiering/{version}/simulations",
    **operation(scope=Scope.POLICY_WRITE, errors={actions.PolicyUnknown: 404, PolicyGaveNoRow: 409}),
)
async def simulate_policy(
    version: Annotated[int, Path(ge=1, le=2**31 - 1)], caller: Caller, session: SessionDep, now: Now
) -> SimulationOut:
    """Who would move under a version, draft or published: up and down, by branch and reason, with examples. Writes nothing."""
    simulated = await actions.simulate_policy(session, caller=caller, version=version, now=now)
    found = simulated.found
    return SimulationOut(
        version=version,
        digest=simulated.policy.digest,
        currency=simulated.policy.currency,
        as_of=simulated.as_of,
        customers=found.customers,
        by_hand=found.by_hand,
        **_counts(found.effects),
        moves=[_move(simulated, *one) for one in sorted(found.moves.items(), key=lambda one: -one[1].customers)],
        branches=[
            BranchOut(branch=branch, customers=sum(effects.values()), **_counts(effects))
            for branch, effects in sorted(found.branches.items())
            if effects[Effect.STAYS] < sum(effects.values())
        ],
    )


def _counts(effects: dict[Effect, int]) -> dict[str, int]:
    return {effect.value: count for effect, count in effects.items()}


def _move(simulated: Simulated, move: Move, line: Line) -> MoveOut:
    found = words(simulated.policy, move.reason)
    return MoveOut(
        effect=move.effect,
        previous=move.previous,
        tier=move.tier,
        reason=move.reason,
        because=Text(zh=found.zh, en=found.en),
        customers=line.customers,
        examples=line.examples,
    )
