"""Working on an alert: who owns it, attempts to reach the customer, and how it ends (H25, H26)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.compliance import AlertContacted, AlertEnded
from contracts.values import Channel, SignalKind
from services.compliance.watch.actions.clock import escalate, stop_clock
from services.compliance.watch.actions.freezing import request_freeze
from services.compliance.watch.locks import lift_lock
from services.compliance.watch.models import AlertContact, RiskAlert
from services.compliance.watch.rules import (
    AlertClosed,
    AlertOutcome,
    ContactResult,
    Escalation,
    Owner,
    Standing,
    WatchRules,
    check_outcome,
)
from services.compliance.watch.store import alerts as store


async def assign(session: Session, alert: RiskAlert, *, staff_no: str, caller: Capability) -> None:
    """Give a locked alert to a person. Its clock goes on. Raises `AlertClosed`."""
    if alert.closed_at is not None:
        raise AlertClosed
    alert.owner_kind, alert.owner_no, alert.assigned_by = Owner.STAFF.value, staff_no, caller.subject
    session.add(alert)
    details = {"alert_id": str(alert.id), "owner": staff_no}
    await audit(session, caller=caller, act="alert.assigned", customer_id=alert.customer_id, details=details)


async def record_contact(
    session: Session,
    alert: RiskAlert,
    *,
    channel: Channel,
    result: ContactResult,
    rules: WatchRules,
    caller: Capability,
    now: datetime,
) -> UUID:
    """Note an attempt on a locked alert; the first that reached the customer stops the clock. Raises `AlertClosed`."""
    if alert.closed_at is not None:
        raise AlertClosed
    contact = AlertContact(
        id=new_id(), alert_id=alert.id, channel=channel.value, result=result.value, made_by=caller.subject, at=now
    )
    session.add(contact)
    if result is ContactResult.REACHED and alert.contacted_at is None:
        alert.contacted_at = now
        session.add(alert)
        await stop_clock(session, alert, rules)
        await emit(session, AlertContacted(**_ids(alert), contacted_at=now))
    details = {"alert_id": str(alert.id), "channel": channel.value, "result": result.value}
    await audit(session, caller=caller, act="alert.contact", customer_id=alert.customer_id, details=details)
    return contact.id


async def record_outcome(
    session: Session,
    alert: RiskAlert,
    *,
    outcome: AlertOutcome,
    reason: str | None,
    advice_given: bool,
    rules: WatchRules,
    caller: Capability,
    now: datetime,
) -> None:
    """End a locked alert, or hand it to the branch when the customer is unreachable. Suspected fraud asks the core bank
    for a freeze; an offered re-assessment frees sales. Raises what `check_outcome` raises."""
    standing = Standing(
        kind=SignalKind(alert.kind),
        closed=alert.closed_at is not None,
        contacted=alert.contacted_at is not None,
        escalated=alert.escalated_at is not None,
        attempts=await store.attempts(session, alert.id),
    )
    check_outcome(rules, standing, outcome, reason=reason, advice_given=advice_given)
    details = {"alert_id": str(alert.id), "outcome": outcome.value, **({"reason": reason} if reason else {})}
    await audit(session, caller=caller, act="alert.outcome", customer_id=alert.customer_id, details=details)
    await stop_clock(session, alert, rules)
    if outcome is AlertOutcome.UNREACHABLE:
        await escalate(session, alert, because=Escalation.UNREACHABLE, rung=None, rules=rules, now=now)
        return
    await _close(session, alert, outcome, reason, now)
    if outcome is AlertOutcome.FRAUD_SUSPECTED:
        await request_freeze(session, alert, now=now)
    elif outcome is AlertOutcome.REASSESSMENT_OFFERED:
        await lift_lock(session, alert_id=alert.id, now=now)


async def _close(session: Session, alert: RiskAlert, outcome: AlertOutcome, reason: str | None, now: datetime) -> None:
    alert.closed_at, alert.outcome, alert.reason = now, outcome.value, reason
    session.add(alert)
    await emit(session, AlertEnded(**_ids(alert), outcome=outcome.value, reason=reason, closed_at=now))


def _ids(alert: RiskAlert) -> dict[str, Any]:  # Any: fields of several types, checked by the event
    return {"alert_id": alert.id, "customer_id": alert.customer_id, "signal_id": alert.signal_id, "kind": alert.kind}
