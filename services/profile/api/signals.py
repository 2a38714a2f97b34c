"""Signals: a customer's, what staff say of them, how the rules do, and the rules themselves with drafter and approver."""

from datetime import date
from typing import Annotated
from uuid import UUID

import asyncpg
import orjson
from fastapi import APIRouter, Path

from chassis.audit import audit
from chassis.auth import Capability
from chassis.http import Caller, Now, PageDep, SessionDep, Today, forbidden, operation
from chassis.pagination import Page, paged
from contracts.values import Reach, Scope
from services.profile.api.standing import of_customer
from services.profile.measuring import ruling, store
from services.profile.measuring.rulebook import rules_in_force
from services.profile.measuring.rules_language import SignalRuleMalformed
from services.profile.measuring.schemas import (
    PrecisionOut,
    RuleIn,
    RuleOut,
    RulesOut,
    SignalCountOut,
    SignalOut,
    VerdictIn,
    VerdictOut,
)

router = APIRouter(tags=["signals"])

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
_CHECKS = {SignalRuleMalformed: 422, ruling.SignalRuleReachesBack: 422, ruling.SignalRuleUnknown: 404}


@router.get("/v1/customers/{customer_id}/signals", **of_customer(scope=Scope.PROFILE_READ))
async def read_signals(customer_id: UUID, caller: Caller, session: SessionDep, page: PageDep) -> Page[SignalOut]:
    """Needs and events found in the customer's data, newest first."""
    after = UUID(str(page.after[0])) if page.after else None
    rows = await store.signals(session, customer_id, after=after, limit=page.limit)
    await audit(session, caller=caller, act="signals.read", customer_id=customer_id)
    return paged(rows, limit=page.limit, item=_signal_out, key=lambda row: (str(row["id"]),))


def _signal_out(row: asyncpg.Record) -> SignalOut:
    return SignalOut(signal_id=row["id"], **{name: row[name] for name in SignalOut.model_fields if name != "signal_id"})


@router.post(
    "/v1/customers/{customer_id}/signals/{signal_id}/verdict",
    status_code=201,
    **of_customer(scope=Scope.SIGNAL_JUDGE, errors={ruling.SignalUnknown: 404, ruling.SignalJudgedBefore: 409}),
)
async def judge_signal(
    customer_id: UUID, signal_id: UUID, body: VerdictIn, caller: Caller, session: SessionDep, now: Now
) -> VerdictOut:
    """Accept or dismiss a signal, once, with the code of the reason."""
    await ruling.judge_signal(
        session,
        caller=caller,
        customer_id=customer_id,
        signal_id=signal_id,
        verdict=body.verdict,
        reason=body.reason,
        now=now,
    )
    return VerdictOut(signal_id=signal_id, verdict=body.verdict, reason=body.reason, judged_by=caller.subject, judged_at=now)


@router.get("/v1/summary/signals", **operation(scope=Scope.SUMMARY_READ))
async def summarise_signals(caller: Caller, session: SessionDep, since: date | None = None) -> list[SignalCountOut]:
    """Signals by kind: of the latest computed day, or of all days from `since` on; of the caller's branch or of all."""
    return [SignalCountOut(**row) for row in await store.signal_counts(session, since=since, branch=_branch(caller))]


@router.get("/v1/summary/signals/precision", **operation(scope=Scope.SUMMARY_READ))
async def summarise_precision(caller: Caller, session: SessionDep, since: date | None = None) -> list[PrecisionOut]:
    """For each rule the signals raised, accepted, dismissed and open, and its precision; of the caller's branch or of all."""
    return [PrecisionOut(**row) for row in await store.precision(session, since=since, branch=_branch(caller))]


def _branch(caller: Capability) -> str | None:
    return None if caller.reach is Reach.ALL else caller.branch or ""


@router.get("/v1/policies/signals", **operation(scope=Scope.POLICY_READ))
async def list_rules(session: SessionDep, page: PageDep, today: Today) -> RulesOut:
    """The signal rules in force today, and all versions of the bank's own, latest first."""
    before = None if page.after is None else int(page.after[0])
    rows = await store.rule_versions(session, before=before, limit=page.limit + 1)
    found = paged(rows, limit=page.limit, item=_rule_out, key=lambda row: (row["version"],))
    in_force = []
    for rule in await rules_in_force(session, today):
        row = await store.rule_version(session, rule.version)
        in_force.append(
            _packaged(rule.name, rule.rule.model_dump(mode="json", exclude_unset=True)) if row is None else _rule_out(row)
        )
    return RulesOut(in_force=in_force, versions=found.items, next=found.next)


@router.post("/v1/policies/signals", status_code=201, **operation(scope=Scope.POLICY_WRITE, errors=_CHECKS))
async def draft_rule(body: RuleIn, caller: Caller, session: SessionDep, now: Now, today: Today) -> RuleOut:
    """Check a signal rule and keep it as a draft. What is wrong is named by place."""
    version = await ruling.draft_rule(
        session,
        caller=caller,
        rule=body.rule,
        document=body.document,
        effective_from=body.effective_from,
        now=now,
        today=today,
    )
    return await _read(session, version)


@router.post(
    "/v1/policies/signals/{version}/approval",
    **operation(scope=Scope.POLICY_WRITE, errors={**_CHECKS, ruling.SignalRuleApproved: 409}),
)
async def approve_rule(version: Version, caller: Caller, session: SessionDep, now: Now, today: Today) -> RuleOut:
    """Put a rule that somebody else drafted in force from its effective day."""
    try:
        await ruling.approve_rule(session, caller=caller, version=version, now=now, today=today)
    except ruling.SignalRuleApproverDrafted as error:
        raise forbidden(error.rule, fix=error.fix) from None  # a refusal of the edge, so that the attempt is audited
    return await _read(session, version)


async def _read(session: SessionDep, version: int) -> RuleOut:
    row = await store.rule_version(session, version)
    if row is None:
        raise ruling.SignalRuleUnknown(field="path.version")
    return _rule_out(row)


def _rule_out(row: asyncpg.Record) -> RuleOut:
    return RuleOut(**{**row, "document": orjson.loads(row["document"])})


def _packaged(name: str, document: dict[str, object]) -> RuleOut:
    return RuleOut(
        version=0,
        rule=name,
        effective_from=None,
        drafted_by=None,
        drafted_at=None,
        approved_by=None,
        approved_at=None,
        document=document,
    )
