"""Routes on the bank as a whole: runs over everybody, the plan in numbers, the policy."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import APIRouter, Query

from chassis.http import Caller, Now, SessionDep, Today, forbidden, operation
from contracts.values import Reach, RuleBroken, Scope
from services.outreach import actions
from services.outreach.policy import shipped
from services.outreach.rules.cadence import Cadence
from services.outreach.schemas import CalendarOut, PlanSummaryOut, RunOut, UnplacedOut, WeekOut
from services.outreach.store import reading, runs
from services.outreach.texts import rule_of

router = APIRouter(tags=["outreach"])


class RunUnknown(RuleBroken):
    """There is no run of this id."""

    rule = "plan-run-unknown"
    fix = "Use the id that POST /v1/plan/runs answered."


@router.post("/v1/plan/runs", status_code=202, **operation(scope=Scope.PLAN_RUN, errors={actions.RunInProgress: 409}))
async def request_run(caller: Caller, session: SessionDep, now: Now) -> RunOut:
    """Bring everybody's plan up to date. Answers at once; follow the run by its id."""
    run_id = await actions.request_run(session, caller=caller, now=now)
    return await _run(session, run_id)


@router.get("/v1/plan/runs/{run_id}", **operation(scope=Scope.PLAN_RUN, errors={RunUnknown: 404}))
async def read_run(run_id: UUID, session: SessionDep) -> RunOut:
    """One run: how many customers were looked at, what was planned, taken back, missed and left unplaced."""
    return await _run(session, run_id)


async def _run(session: SessionDep, run_id: UUID) -> RunOut:
    row = await runs.read(session, run_id)
    if row is None:
        raise RunUnknown
    return RunOut(**{**dict(row), "unplaced": orjson.loads(row["unplaced"])})


@router.get("/v1/summary/plan", **operation(scope=Scope.SUMMARY_READ))
async def summarize_plan(
    caller: Caller,
    session: SessionDep,
    today: Today,
    weeks: Annotated[int, Query(ge=1, le=13, description="Weeks from today on.")] = 4,
) -> PlanSummaryOut:
    """Contacts by week, channel and tier, and what waits by reason: of the whole bank, or of the caller's branch."""
    if caller.reach not in {Reach.ALL, Reach.BRANCH} or (caller.reach is Reach.BRANCH and not caller.branch):
        raise forbidden("summary-beyond-reach", fix="Summaries are for those who see a branch or the whole bank.")
    branch = caller.branch if caller.reach is Reach.BRANCH else None
    last = today + timedelta(days=7 * weeks - 1)
    found = [_week(row, today) for row in await reading.weeks(session, first=today, last=last, branch=branch)]
    return PlanSummaryOut(
        branch=branch,
        first=today,
        last=last,
        recipients=await reading.recipients(session, branch=branch),
        contacts=sum(week.contacts for week in found),
        bypasses=sum(week.bypasses for week in found),
        weeks=found,
        waiting=[_unplaced(row) for row in await reading.waiting(session, branch=branch)],
    )


def _week(row: Record, today: Today) -> WeekOut:
    first = today + timedelta(days=7 * row["week"])
    return WeekOut(**{**dict(row), "week": row["week"] + 1}, first=first, last=first + timedelta(days=6))


def _unplaced(row: Record) -> UnplacedOut:
    rule = rule_of("unplaced", row["reason"])
    return UnplacedOut(rule=rule.rule, text=rule.text, origin=row["origin"], kind=row["kind"], count=row["count"])


@router.get("/v1/cadence", **operation(scope=Scope.POLICY_READ))
async def read_cadence() -> Cadence:
    """The cadence in force: what each tier is owed, what signals lead to, channels, budget, quiet hours (H8 to H11)."""
    return shipped().cadence


@router.get("/v1/cadence/calendar", **operation(scope=Scope.POLICY_READ))
async def read_calendar() -> CalendarOut:
    """The calendar of holidays and make-up working days that the plan goes by, and how far it has been announced."""
    calendar = shipped().calendar
    return CalendarOut(
        name=calendar.name,
        version=calendar.version,
        source=calendar.source,
        first=calendar.first,
        last=calendar.last,
        days_off=dict(calendar.days_off),
        working_days=sorted(calendar.working_days),
    )
