"""Routes on what customers get: their entitlements, giving one, and the counts of a branch or the bank."""

from datetime import date
from typing import Annotated
from uuid import UUID

from asyncpg import Record
from fastapi import APIRouter, Query

from chassis.audit import audit
from chassis.database import Session
from chassis.http import Caller, Now, SessionDep, Today, forbidden, operation
from contracts.values import Reach, Scope, Tier
from services.tiering import actions, entitlement_store
from services.tiering.document import Text
from services.tiering.entitlement_schemas import (
    EntitlementCountOut,
    EntitlementOut,
    EntitlementsOut,
    EntitlementSummaryOut,
    GivenIn,
)
from services.tiering.packages import CATALOGUE, CODES, Service
from services.tiering.rules.periods import Every

router = APIRouter(tags=["tiering"])


@router.get("/v1/customers/{customer_id}/entitlements", **operation(scope=Scope.TIER_READ, errors={actions.NoDecision: 404}))
async def list_entitlements(customer_id: UUID, caller: Caller, session: SessionDep) -> EntitlementsOut:
    """What the customer's tier brings: each service as given, due or missed, with who owes it and until when."""
    found = await _read(session, customer_id)
    await audit(session, caller=caller, act="entitlement.read", customer_id=customer_id)
    return found


@router.post(
    "/v1/customers/{customer_id}/entitlements/{entitlement_id}/given",
    **operation(
        scope=Scope.ENTITLEMENT_GIVE,
        errors={actions.EntitlementUnknown: 404, actions.EntitlementClosed: 409, actions.NoDecision: 404},
    ),
)
async def give_entitlement(
    customer_id: UUID, entitlement_id: UUID, body: GivenIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> EntitlementsOut:
    """Note that a due service was given, by who owes it, with the code of what shows it."""
    try:
        await actions.give(
            session,
            caller=caller,
            customer_id=customer_id,
            entitlement_id=entitlement_id,
            reference=body.reference,
            now=now,
            today=today,
        )
    except actions.EntitlementOwedByOthers as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await _read(session, customer_id)


@router.get("/v1/summary/entitlements", **operation(scope=Scope.SUMMARY_READ))
async def summarize_entitlements(
    caller: Caller,
    session: SessionDep,
    since: Annotated[date | None, Query(description="Only periods that end after this day.")] = None,
) -> EntitlementSummaryOut:
    """Entitlements given, due, missed and ended, by branch and service: of the whole bank, or of the caller's branch."""
    if caller.reach not in {Reach.ALL, Reach.BRANCH} or (caller.reach is Reach.BRANCH and not caller.branch):
        raise forbidden("summary-beyond-reach", fix="Summaries are for those who see a branch or the whole bank.")
    branch = caller.branch if caller.reach is Reach.BRANCH else None
    rows = await entitlement_store.counts(session, branch=branch, since=since)
    return EntitlementSummaryOut(branch=branch, counts=[EntitlementCountOut(**dict(row)) for row in rows])


async def _read(session: Session, customer_id: UUID) -> EntitlementsOut:
    rows = await entitlement_store.current(session, customer_id)
    if not rows:
        raise actions.NoDecision
    tier = Tier(rows[0]["standing_tier"])
    found = {row["service"]: row for row in rows if row["id"] is not None}
    entitlements = [_shown(service, found.get(service.code)) for service in CATALOGUE.services_of(tier)]
    return EntitlementsOut(customer_id=customer_id, tier=tier, package=CODES[tier], entitlements=entitlements)


def _shown(service: Service, row: Record | None) -> EntitlementOut:
    without = "given" if service.every is Every.ALWAYS else "upcoming"
    return EntitlementOut(
        service=service.code,
        name=Text(zh=service.zh, en=service.en),
        owed_by=service.owed_by,
        every=service.every,
        state=row["state"] if row else without,
        id=row["id"] if row else None,
        package_version=row["package_version"] if row else CATALOGUE.version,
        period_from=row["period_from"] if row else None,
        period_to=row["period_to"] if row else None,
        given_at=row["given_at"] if row else None,
        reference=row["reference"] if row else None,
        missed_in_all=row["missed"] if row else 0,
    )
