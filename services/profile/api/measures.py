"""Measures (H1): of the latest day or any past one, what each of them is, and how far the feed is complete."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, SessionDep, Today, operation
from contracts.values import RuleBroken, Scope
from services.profile.api.runs import DayNotOver
from services.profile.api.standing import of_customer
from services.profile.measuring import store
from services.profile.measuring.definitions import definitions
from services.profile.measuring.measures import measures_at, stale
from services.profile.measuring.schemas import DefinitionsOut, MeasuresOut, WatermarkIn, WatermarkOut
from services.profile.measuring.watermark import tell_watermark

router = APIRouter(tags=["measures"])


class NoMeasures(RuleBroken):
    """Nothing was computed for this customer, or not for that day."""

    rule = "no-measures"
    fix = "Start a computation with POST /v1/measures/runs, or ask for a day with `at`."


@router.get(
    "/v1/customers/{customer_id}/measures",
    **of_customer(scope=Scope.PROFILE_READ, errors={NoMeasures: 404, DayNotOver: 422}),
)
async def read_measures(
    customer_id: UUID, caller: Caller, session: SessionDep, today: Today, at: date | None = None
) -> MeasuresOut:
    """The four dimensions of H1: the latest, or those of the end of any past day, computed from the history where need be."""
    if at is not None and at >= today:
        raise DayNotOver(field="query.at")
    row = await store.measures(session, customer_id, at)
    if row is None and at is not None:
        row = await measures_at(session, customer_id, as_of=at)
    if row is None:
        raise NoMeasures
    await audit(session, caller=caller, act="measures.read", customer_id=customer_id)
    return MeasuresOut(**row, stale=stale(row["as_of"], row["data_complete_to"]))


@router.get("/v1/measures/definitions", **operation(scope=Scope.POLICY_READ))
async def read_definitions() -> DefinitionsOut:
    """What each measure is: name, unit, window, definition."""
    return DefinitionsOut(items=list(definitions()))


@router.put("/v1/feed/watermark", **operation(scope=Scope.PROFILE_FEED, errors={DayNotOver: 422}))
async def put_watermark(body: WatermarkIn, caller: Caller, session: SessionDep, now: Now, today: Today) -> WatermarkOut:
    """Everything up to and including the day is in. Runs that wait for it begin."""
    if body.day >= today:
        raise DayNotOver(field="body.day")
    held = await tell_watermark(session, day=body.day, now=now)
    await audit(session, caller=caller, act="feed.complete", details={"day": body.day.isoformat()})
    return WatermarkOut(day=held)
