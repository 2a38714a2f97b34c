"""Routes on customers: the tier, its explanation and history, and the counts of a branch or the bank."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, TypeAdapter

from chassis.database import Session
from chassis.http import Caller, DatabaseDep, PageDep, SessionDep, forbidden, operation
from chassis.pagination import Page, paged
from contracts.values import Reach, Scope, Tier
from services.tiering import actions, store
from services.tiering.book import BOOK, Policy, holds
from services.tiering.document import Text
from services.tiering.packages import CATALOGUE, CODES
from services.tiering.rules import MANUAL, Measures, automatic_reason, explain, facts_of
from services.tiering.rules.explaining import TIER_EN, TIER_ZH
from services.tiering.schemas import (
    ConditionOut,
    DecisionOut,
    ExplanationOut,
    PackagesOut,
    RowOut,
    TierCountOut,
    TierOut,
    TierSummaryOut,
)
from services.tiering.wording import held_instead, words

router = APIRouter(tags=["tiering"])

_MEASURES = TypeAdapter(Measures)
_NAMES = {tier: orjson.Fragment(orjson.dumps({"zh": TIER_ZH[tier], "en": TIER_EN[tier]})) for tier in Tier}


@router.get(
    "/v1/customers/{customer_id}/tier",
    response_model=TierOut,
    **operation(scope=Scope.TIER_READ, errors={actions.NoDecision: 404}),
)
async def read_tier(customer_id: UUID, database: DatabaseDep) -> Response:
    """The customer's tier with the reason that decided and the four dimensions behind it."""
    row = await database.pool.fetchrow(store.TIER, customer_id)
    if row is None:
        raise actions.NoDecision
    policy = BOOK.find(row["policy_version"], row["digest"])
    if policy is None:
        async with database.begin() as session:
            policy = await actions.policy_of(session, version=row["policy_version"], mark=row["digest"])
    reason, tier, fired, grace_until = row["reason"], Tier(row["tier"]), row["fired"], row["grace_until"]
    underneath = automatic_reason(fired, grace_until)
    body = {
        "customer_id": customer_id,
        "tier": tier,
        "name": _NAMES[tier],
        "reason": reason,
        **_because(policy, reason),
        "package": CODES[tier],
        "fired": fired,
        "grace_until": grace_until,
        "automatic": {
            "tier": row["automatic"],
            "reason": underneath,
            **_because(policy, underneath),
            "grace_until": grace_until,
        },
        "manual": _by_hand(policy, row),
        "policy_version": row["policy_version"],
        "policy_digest": row["digest"],
        "decision": row["number"],
        "as_of": row["as_of"],
        "since": row["since"],
        "decided_at": row["decided_at"],
        "dimensions": orjson.Fragment(row["inputs"]),
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _because(policy: Policy, reason: str) -> dict[str, object]:
    found = words(policy, reason)
    return {"because": {"zh": found.zh, "en": found.en}, "source": found.source}


def _by_hand(policy: Policy, row: Record) -> dict[str, object] | None:
    code = row["manual_code"]
    if code is None:
        return None
    because = _because(policy, MANUAL + code)["because"]
    return {"tier": row["manual_tier"], "code": code, "because": because, "until": row["manual_until"]}


@router.get(
    "/v1/customers/{customer_id}/tier/explanation",
    **operation(scope=Scope.TIER_READ, errors={actions.NoDecision: 404}),
)
async def explain_tier(customer_id: UUID, session: SessionDep) -> ExplanationOut:
    """Why the customer has this tier, in Chinese and English: the row that fired, thresholds against values (H1 to H4)."""
    row = await store.standing(session, customer_id)
    if row is None:
        raise actions.NoDecision
    policy = await actions.policy_of(session, version=row["policy_version"], mark=row["digest"])
    measures = _MEASURES.validate_json(row["inputs"])
    found = explain(policy.rows, reason=row["fired"], facts=facts_of(measures), currency=policy.currency, holds=holds)
    rows = [
        RowOut(
            reason=trace.reason,
            tier=trace.tier,
            fired=trace.fired,
            conditions=[
                ConditionOut(fact=c.fact, condition=c.condition, value=c.value, holds=c.holds, zh=c.zh, en=c.en)
                for c in trace.conditions
            ],
        )
        for trace in found.rows
    ]
    held = held_instead(policy, row)
    return ExplanationOut(
        zh=held.zh + found.zh,
        en=held.en + found.en,
        customer_id=customer_id,
        tier=Tier(row["tier"]),
        reason=row["reason"],
        policy_version=policy.version,
        policy=Text(zh=policy.title_zh, en=policy.title_en),
        as_of=row["as_of"],
        decided_at=row["decided_at"],
        rows=rows,
        dimensions=measures,
    )


@router.get(
    "/v1/customers/{customer_id}/tier/history",
    **operation(scope=Scope.TIER_READ, errors={actions.NoDecision: 404}),
)
async def read_history(
    customer_id: UUID,
    session: SessionDep,
    page: PageDep,
    at: Annotated[AwareDatetime | None, Query(description="Only the decision that held at this moment.")] = None,
) -> Page[DecisionOut]:
    """Decisions that changed the tier or its reason, latest first; with `at`, the one that held at a moment."""
    if at is not None:
        return Page(items=[decision_out(await decision_at_moment(session, customer_id, at))])
    before = None if page.after is None else int(page.after[0])
    rows = await store.history(session, customer_id, before=before, limit=page.limit + 1)
    return paged(rows, limit=page.limit, item=decision_out, key=lambda row: (row["number"],))


async def decision_at_moment(session: Session, customer_id: UUID, at: datetime) -> Record:
    """The decision that held at a moment. Raises `NoDecision`."""
    row = await store.decision_at(session, customer_id, at)
    if row is None:
        raise actions.NoDecision("nothing was decided at that moment", field="query.at")
    return row


def decision_out(row: Record) -> DecisionOut:
    """A row of the history as it is answered."""
    return DecisionOut(
        number=row["number"],
        tier=row["tier"],
        previous=row["previous"],
        reason=row["reason"],
        fired=row["fired"],
        automatic=row["automatic"],
        grace_until=row["grace_until"],
        manual=row["manual_code"],
        policy_version=row["policy_version"],
        policy_digest=row["digest"],
        as_of=row["as_of"],
        decided_at=row["decided_at"],
        dimensions=_MEASURES.validate_json(row["inputs"]),
    )


@router.get("/v1/summary/tiers", **operation(scope=Scope.SUMMARY_READ))
async def summarize_tiers(caller: Caller, session: SessionDep) -> TierSummaryOut:
    """Customers by tier with the reason that decided: of the whole bank, or of the caller's branch."""
    if caller.reach not in {Reach.ALL, Reach.BRANCH} or (caller.reach is Reach.BRANCH and not caller.branch):
        raise forbidden("summary-beyond-reach", fix="Summaries are for those who see a branch or the whole bank.")
    branch = caller.branch if caller.reach is Reach.BRANCH else None
    rows = await store.tier_counts(session, branch=branch)
    total = sum(row["customers"] for row in rows)
    tiers = {tier: sum(row["customers"] for row in rows if row["tier"] == tier) for tier in Tier}
    reasons = [TierCountOut(**dict(row), share_bp=row["customers"] * 10_000 // total) for row in rows]
    return TierSummaryOut(branch=branch, customers=total, tiers=tiers, reasons=reasons)


@router.get("/v1/packages", **operation(scope=Scope.TIER_READ))
async def list_packages() -> PackagesOut:
    """The service packages that come with the tiers (H5 to H7)."""
    return PackagesOut(version=CATALOGUE.version, effective_from=CATALOGUE.effective_from, packages=list(CATALOGUE.packages))
