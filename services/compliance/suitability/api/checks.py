"""HTTP to action: asking the gate, and looking at its answers."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Scope
from services.compliance.suitability.actions import checking
from services.compliance.suitability.api.places import place_key, place_of
from services.compliance.suitability.rules.values import Effect
from services.compliance.suitability.schemas.checks import AnswerOut, CheckIn, CheckOut, ItemOut, ReplayOut, SaleIn
from services.compliance.suitability.store import checks as store

router = APIRouter(tags=["suitability"])

_REFUSED = {checking.MomentInFuture: 422, checking.SellerIsAnother: 422}


@router.post("/v1/suitability/check", **operation(scope=Scope.SUITABILITY_CHECK, errors={**_REFUSED}))
async def check_suitability(body: CheckIn, caller: Caller, session: SessionDep, now: Now) -> AnswerOut:
    """Whether something may be sold: allow, deny, or what is needed first, each with clause, rule version and evidence."""
    return await _check(body, body.customer_id, caller, session, now)


@router.post("/v1/customers/{customer_id}/suitability-checks", **operation(scope=Scope.SUITABILITY_CHECK, errors={**_REFUSED}))
async def check_customer_suitability(customer_id: UUID, body: SaleIn, caller: Caller, session: SessionDep, now: Now) -> AnswerOut:
    """The same for one customer, who may ask it in their own app."""
    return await _check(body, customer_id, caller, session, now)


@router.get(
    "/v1/customers/{customer_id}/suitability-checks", **operation(scope=Scope.SUITABILITY_READ, errors={CursorForeign: 422})
)
async def list_suitability_checks(customer_id: UUID, page: PageDep, caller: Caller, session: SessionDep) -> Page[CheckOut]:
    """The gate's answers on one customer, latest first."""
    rows = await store.of_customer(session, customer_id, before=place_of(page.after), limit=page.limit + 1)
    await audit(session, caller=caller, act="suitability.listed", customer_id=customer_id, details={"checks": len(rows)})
    return paged(rows, limit=page.limit, item=_row, key=lambda row: place_key(row["checked_at"], row["id"]))


@router.get("/v1/suitability/checks/{check_id}", **operation(scope=Scope.SUITABILITY_READ, errors={checking.CheckUnknown: 404}))
async def read_suitability_check(check_id: UUID, caller: Caller, session: SessionDep) -> CheckOut:
    """One answer of the gate with all that it was made of."""
    return _kept(await checking.read(session, caller=caller, check_id=check_id))


@router.get(
    "/v1/suitability/checks/{check_id}/replay",
    **operation(scope=Scope.SUITABILITY_READ, errors={checking.CheckUnknown: 404}),
)
async def replay_suitability_check(check_id: UUID, caller: Caller, session: SessionDep) -> ReplayOut:
    """The answer made again from what was kept and the policy of that time, and whether it is the same."""
    again = await checking.replay(session, caller=caller, check_id=check_id)
    return ReplayOut(
        same=again.same,
        outcome=again.outcome,
        items=[ItemOut(**item) for item in again.items],
        policy_version=again.policy_version,
        logic_then=again.logic_then,
        logic_now=again.logic_now,
    )


async def _check(body: SaleIn, customer_id: UUID, caller: Caller, session: SessionDep, now: Now) -> AnswerOut:
    answer = await checking.check(session, caller=caller, asked=_asked(body, customer_id), now=now)
    items = [ItemOut(**item) for item in answer.items]
    return AnswerOut(
        check_id=answer.check_id,
        outcome=answer.outcome,
        needs=_needs(items),
        items=items,
        policy_version=answer.policy_version,
    )


def _asked(body: SaleIn, customer_id: UUID) -> checking.Asked:
    premium = body.insurance
    return checking.Asked(
        customer_id=customer_id,
        product_code=body.product_code,
        amount_fen=body.amount_fen,
        channel=body.channel,
        initiative=body.initiative,
        approach=body.approach,
        seller_no=body.seller_no,
        sale_no=body.sale_no,
        moment=body.moment,
        portfolio=tuple((part.product_code, part.amount_fen) for part in body.portfolio),
        premium=None
        if premium is None
        else checking.Premium(premium.single_premium_fen, premium.yearly_premium_fen, premium.years_of_payment),
    )


def _needs(items: list[ItemOut]) -> list[str]:
    return list(dict.fromkeys(item.rule for item in items if item.effect is Effect.NEEDS))


def _row(row: asyncpg.Record) -> CheckOut:
    return _kept({**dict(row), "items": orjson.loads(row["items"]), "inputs": orjson.loads(row["inputs"])})


def _kept(kept: dict[str, Any]) -> CheckOut:  # Any: a row with its JSON read
    items = [ItemOut(**item) for item in kept.pop("items")]
    return CheckOut(check_id=kept.pop("id"), items=items, needs=_needs(items), **kept)
