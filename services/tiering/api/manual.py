"""Routes on tiers given by hand: asking, answering by another person, ending, and the reasons in use."""

from uuid import UUID

from fastapi import APIRouter

from chassis.database import Session
from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Scope
from services.tiering import actions, manual_store
from services.tiering.document import Text
from services.tiering.manual_reasons import REASONS
from services.tiering.manual_schemas import ManualIn, ManualOut, ManualReasonOut, ManualReasonsOut
from services.tiering.rules import Manual
from services.tiering.rules.manual import (
    ManualApproverRequested,
    ManualClosed,
    ManualEndPast,
    ManualReasonUnknown,
    ManualTooLong,
)

router = APIRouter(tags=["tiering"])

_ANSWERS = {actions.ManualUnknown: 404, ManualClosed: 409, ManualEndPast: 422, actions.NoPolicyInForce: 409}


@router.get("/v1/tiering/manual-reasons", **operation(scope=Scope.TIER_READ))
async def list_manual_reasons() -> ManualReasonsOut:
    """The reasons for which a tier may be given by hand, and the longest time for each."""
    reasons = [
        ManualReasonOut(code=one.code, source=one.source, name=Text(zh=one.zh, en=one.en), longest_days=one.longest_days)
        for one in REASONS.reasons
    ]
    return ManualReasonsOut(version=REASONS.version, effective_from=REASONS.effective_from, reasons=reasons)


@router.get("/v1/customers/{customer_id}/tier/manual", **operation(scope=Scope.TIER_READ, errors={CursorForeign: 422}))
async def list_manual(customer_id: UUID, session: SessionDep, page: PageDep) -> Page[ManualOut]:
    """Tiers that were asked for or given by hand, latest first."""
    rows = await manual_store.of_customer(session, customer_id, before=_cursor(page), limit=page.limit + 1)
    return paged(rows, limit=page.limit, item=lambda row: ManualOut(**dict(row)), key=lambda row: (str(row["id"]),))


def _cursor(page: PageDep) -> UUID | None:
    if page.after is None:
        return None
    try:
        return UUID(str(page.after[0]))
    except ValueError:
        raise CursorForeign("not a cursor of this list", field="query.cursor") from None


@router.post(
    "/v1/customers/{customer_id}/tier/manual",
    status_code=201,
    **operation(
        scope=Scope.TIER_REQUEST,
        errors={
            actions.NoDecision: 404,
            actions.ManualOpen: 409,
            ManualReasonUnknown: 422,
            ManualEndPast: 422,
            ManualTooLong: 422,
        },
    ),
)
async def ask_manual(customer_id: UUID, body: ManualIn, caller: Caller, session: SessionDep, now: Now) -> ManualOut:
    """Ask for a tier by hand, for a reason and until a moment. It holds once another person approves it."""
    asked = Manual(body.tier, body.code, body.until)
    manual_id = await actions.ask_manual(session, caller=caller, customer_id=customer_id, asked=asked, now=now)
    return await _read(session, manual_id)


@router.post(
    "/v1/customers/{customer_id}/tier/manual/{manual_id}/approval", **operation(scope=Scope.TIER_APPROVE, errors=_ANSWERS)
)
async def approve_manual(
    customer_id: UUID, manual_id: UUID, caller: Caller, session: SessionDep, now: Now, today: Today
) -> ManualOut:
    """Give the tier that somebody else asked for. It ends by itself; the automatic decision goes on underneath."""
    try:
        await actions.approve_manual(session, caller=caller, customer_id=customer_id, manual_id=manual_id, now=now, today=today)
    except ManualApproverRequested as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await _read(session, manual_id)


@router.post(
    "/v1/customers/{customer_id}/tier/manual/{manual_id}/rejection", **operation(scope=Scope.TIER_APPROVE, errors=_ANSWERS)
)
async def reject_manual(customer_id: UUID, manual_id: UUID, caller: Caller, session: SessionDep, now: Now) -> ManualOut:
    """Refuse a tier that somebody else asked for."""
    try:
        await actions.reject_manual(session, caller=caller, customer_id=customer_id, manual_id=manual_id, now=now)
    except ManualApproverRequested as error:
        raise forbidden(error.rule, fix=error.fix) from None  # as above
    return await _read(session, manual_id)


@router.post("/v1/customers/{customer_id}/tier/manual/{manual_id}/end", **operation(scope=Scope.TIER_REQUEST, errors=_ANSWERS))
async def end_manual(
    customer_id: UUID, manual_id: UUID, caller: Caller, session: SessionDep, now: Now, today: Today
) -> ManualOut:
    """Take a request back, or end a tier by hand before its moment: the automatic one holds again."""
    await actions.end_manual(session, caller=caller, customer_id=customer_id, manual_id=manual_id, now=now, today=today)
    return await _read(session, manual_id)


async def _read(session: Session, manual_id: UUID) -> ManualOut:
    row = await manual_store.lock(session, manual_id)
    if row is None:
        raise actions.ManualUnknown
    return ManualOut(**dict(row))
