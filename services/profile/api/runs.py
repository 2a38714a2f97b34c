"""Computing measures and signals of all customers, as a durable run."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, SessionDep, Today, operation
from contracts.values import RuleBroken, Scope
from services.profile.measuring import runs
from services.profile.measuring.schemas import RunIn, RunOut

router = APIRouter(tags=["measures"])


class DayNotOver(RuleBroken):
    """Measures are of whole days."""

    rule = "day-not-over"
    fix = "Give a day before today."


class RunUnknown(RuleBroken):
    """There is no such run."""

    rule = "run-unknown"
    fix = "Use the run_id that starting the run gave."


@router.post("/v1/measures/runs", status_code=202, **operation(scope=Scope.PROFILE_FEED, errors={DayNotOver: 422}))
async def start(body: RunIn, caller: Caller, session: SessionDep, now: Now, today: Today) -> RunOut:
    """Start computing a day; the answer's run_id tells how far it is."""
    as_of = body.as_of or today - timedelta(days=1)
    if as_of >= today:
        raise DayNotOver(field="as_of")
    run_id = await runs.start_run(session, as_of=as_of, now=now, wait_for_feed=body.wait_for_feed)
    await audit(session, caller=caller, act="measures.run", details={"as_of": as_of.isoformat()})
    return await _out(session, run_id)


@router.get("/v1/measures/runs/{run_id}", **operation(scope=Scope.PROFILE_FEED, errors={RunUnknown: 404}))
async def read(run_id: UUID, session: SessionDep) -> RunOut:
    """How far a run is."""
    return await _out(session, run_id)


async def _out(session: SessionDep, run_id: UUID) -> RunOut:
    row = await runs.find_run(session, run_id)
    if row is None:
        raise RunUnknown
    return RunOut(run_id=row["id"], **{name: value for name, value in row.items() if name != "id"})
