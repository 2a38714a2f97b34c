"""Writing and approving signal rules, by two persons, and what staff say of the signals they raise."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.outbox import emit
from contracts.events.profile import SignalJudged
from contracts.values import RuleBroken, SignalVerdict
from services.profile.measuring import store
from services.profile.measuring.rules_language import Scope, compile_rule, read_rule


class SignalRuleUnknown(RuleBroken):
    """There is no such version of a rule."""

    rule = "signal-rule-unknown"
    fix = "Use a version that GET /v1/policies/signals lists."


class SignalRuleApproved(RuleBroken):
    """An approved rule is final."""

    rule = "signal-rule-approved"
    fix = "Draft a new version."


class SignalRuleApproverDrafted(RuleBroken):
    """Who wrote a rule cannot approve it."""

    rule = "signal-rule-approver-drafted"
    fix = "Ask another person to approve it."


class SignalRuleReachesBack(RuleBroken):
    """A rule takes effect today or later, never in the past."""

    rule = "signal-rule-reaches-back"
    fix = "Set effective_from to today or a later day (Asia/Shanghai)."


class SignalUnknown(RuleBroken):
    """The customer has no such signal."""

    rule = "signal-unknown"
    fix = "Use a signal_id that the customer's signals list."


class SignalJudgedBefore(RuleBroken):
    """A signal is judged once."""

    rule = "signal-judged-before"
    fix = "Read the verdict that was given; it stays."


async def draft_rule(
    session: Session,
    *,
    caller: Capability,
    rule: str,
    document: dict[str, Any],  # Any: the JSON document as it was sent
    effective_from: date,
    now: datetime,
    today: date,
) -> int:
    """Check a rule and keep it as a draft. Returns its version. Raises `SignalRuleMalformed`, `SignalRuleReachesBack`."""
    if effective_from < today:
        raise SignalRuleReachesBack(f"{effective_from} is past", field="body.effective_from")
    compile_rule(read_rule(rule, document), Scope.RANGE)
    version = await store.add_rule(
        session, rule=rule, document=document, effective_from=effective_from, drafted_by=caller.subject, drafted_at=now
    )
    await audit(session, caller=caller, act="signal_rule.drafted", details={"version": version, "rule": rule})
    return version


async def approve_rule(session: Session, *, caller: Capability, version: int, now: datetime, today: date) -> None:
    """Put a draft of somebody else's in force from its effective day.

    Raises `SignalRuleUnknown`, `SignalRuleApproved`, `SignalRuleApproverDrafted`, `SignalRuleReachesBack`, `SignalRuleMalformed`.
    """
    row = await store.rule_version(session, version, lock=True)
    if row is None:
        raise SignalRuleUnknown(f"there is no version {version}", field="path.version")
    if row["approved_at"] is not None:
        raise SignalRuleApproved(f"version {version} is approved")
    if row["drafted_by"] == caller.subject:
        raise SignalRuleApproverDrafted(f"version {version} was drafted by the same person")
    if row["effective_from"] < today:
        raise SignalRuleReachesBack(f"version {version} would take effect on {row['effective_from']}", field="effective_from")
    read_rule(row["rule"], orjson.loads(row["document"]))  # the language may have changed since the draft
    await store.approve_rule(session, version, approved_by=caller.subject, approved_at=now)
    await audit(session, caller=caller, act="signal_rule.approved", details={"version": version, "rule": row["rule"]})


async def judge_signal(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    signal_id: UUID,
    verdict: SignalVerdict,
    reason: str,
    now: datetime,
) -> None:
    """Keep what staff say of a signal, and tell it. Raises `SignalUnknown`, `SignalJudgedBefore`."""
    row = await store.signal(session, customer_id, signal_id)
    if row is None:
        raise SignalUnknown(field="path.signal_id")
    kept = await store.add_verdict(session, signal_id, verdict=verdict, reason=reason, judged_by=caller.subject, judged_at=now)
    if not kept:
        raise SignalJudgedBefore(field="path.signal_id")
    judged = SignalJudged(
        signal_id=signal_id,
        customer_id=customer_id,
        kind=row["kind"],
        rule=row["rule"],
        rule_version=row["rule_version"],
        verdict=verdict,
        reason=reason,
        judged_at=now,
    )
    await emit(session, judged)
    details: dict[str, int | str] = {"kind": row["kind"], "verdict": verdict.value, "reason": reason}
    await audit(session, caller=caller, act="signal.judged", customer_id=customer_id, details=details)
