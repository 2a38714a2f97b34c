"""Routes on runs: deciding about everybody again, on request."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, Today, operation
from chassis.pagination import Page, paged
from chassis.problems import Refusal
from contracts.values import Scope
from services.tiering import actions, run_store
from services.tiering.schemas import RunOut

router = APIRouter(tags=["tiering"])


@router.post("/v1/tiering/runs", status_code=202, **operation(scope=Scope.TIER_RUN, errors={actions.RunUnknown: 404}))
async def request_run(caller: Caller, session: SessionDep, now: Now, today: Today) -> RunOut:
    """Decide about everybody again under the policy in force. Answers at once; follow the run by its id."""
    run_id = await actions.request_run(session, kind="requested", requested_by=caller.subject, now=now, today=today)
    await audit(session, caller=caller, act="run.requested", details={"run": str(run_id)})
    return await _read(session, run_id)


@router.get("/v1/tiering/runs", **operation(scope=Scope.TIER_RUN))
async def list_runs(session: SessionDep, page: PageDep) -> Page[RunOut]:
    """Runs over everybody, latest first: nightly ones, requested ones, and those after a new policy."""
    rows = await run_store.latest(session, before=_cursor(page), limit=page.limit + 1)
    return paged(rows, limit=page.limit, item=lambda row: RunOut(**dict(row)), key=lambda row: (str(row["id"]),))


@router.get("/v1/tiering/runs/{run_id}", **operation(scope=Scope.TIER_RUN, errors={actions.RunUnknown: 404}))
async def read_run(run_id: UUID, session: SessionDep) -> RunOut:
    """One run: what it waits for, or how many customers rose, fell and stayed."""
    return await _read(session, run_id)


async def _read(session: SessionDep, run_id: UUID) -> RunOut:
    row = await run_store.read(session, run_id)
    if row is None:
        raise actions.RunUnknown
    return RunOut(**dict(row))


def _cursor(page: PageDep) -> UUID | None:
    if page.after is None:
        return None
    try:
        return UUID(str(page.after[0]))
    except ValueError:
        raise Refusal(422, "cursor-invalid", title="Not a cursor", field="query.cursor") from None
