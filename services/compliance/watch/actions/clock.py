"""The clock of an alert: rungs that fire once each, in order, until the customer is reached (H25, invariant 14)."""

from datetime import datetime
from uuid import UUID

from chassis.audit import audit
from chassis.database import Session
from chassis.outbox import emit
from chassis.timers import cancel
from contracts.events.compliance import AlertRungReached
from contracts.values import Purpose, SignalKind
from services.compliance.watch.models import AlertRung, RiskAlert
from services.compliance.watch.rules import Audience, Escalation, Owner, Rung, Step, WatchRules, due_rungs
from services.compliance.watch.store import alerts as store

RUNG = "alert.rung"
CLOCK = "compliance.watch.clock"
"""The actor of what the clock does."""


def rung_key(alert_id: UUID, percent: int) -> str:
    """The timer of one rung of one alert."""
    return f"{alert_id}:{percent}"


async def fire_rungs(session: Session, *, alert_id: UUID, rules: WatchRules, now: datetime) -> list[int]:
    """Fire the rungs that are due and have not fired; returns their percents. A timer that comes after another one did its
    work finds nothing to do, so neither restarts nor jumps of the clock fire a rung twice or out of order."""
    alert = await store.lock(session, alert_id)
    if alert is None or alert.closed_at or alert.contacted_at or alert.escalated_at:
        return []
    fired = frozenset(rung.percent for rung in await store.rungs(session, alert_id))
    window = alert.due_at - alert.raised_at
    due = due_rungs(rules.rungs, raised_at=alert.raised_at, window=window, fired=fired, now=now)
    for rung in due:
        session.add(AlertRung(alert_id=alert.id, percent=rung.percent, step=rung.step.value, fired_at=now))
        if rung.step is Step.ESCALATE:
            await escalate(session, alert, because=Escalation.OVERDUE, rung=rung, rules=rules, now=now)
        else:
            await emit(session, _reached(alert, rung.percent, rung.step, rung.audience))
    await session.flush()
    return [rung.percent for rung in due]


async def escalate(
    session: Session, alert: RiskAlert, *, because: Escalation, rung: Rung | None, rules: WatchRules, now: datetime
) -> None:
    """Hand a locked alert to its branch, and tell the branch and compliance. Without a known branch it is compliance's."""
    alert.escalated_at, alert.escalation = now, because.value
    alert.owner_kind = (Owner.BRANCH if alert.branch else Owner.COMPLIANCE).value
    alert.owner_no, alert.assigned_by = alert.branch, None
    session.add(alert)
    audience = (rung or rules.rungs[-1]).audience
    await emit(session, _reached(alert, rung.percent if rung else None, Step.ESCALATE, audience, because))
    await audit(
        session, caller=CLOCK, act="alert.escalated", customer_id=alert.customer_id, purpose=Purpose.RISK,
        details={"alert_id": str(alert.id), "because": because.value},
    )  # fmt: skip


async def stop_clock(session: Session, alert: RiskAlert, rules: WatchRules) -> None:
    """Take the rungs that are left from the clock."""
    for rung in rules.rungs:
        await cancel(session, kind=RUNG, key=rung_key(alert.id, rung.percent))


def _reached(
    alert: RiskAlert, percent: int | None, step: Step, audience: tuple[Audience, ...], because: Escalation | None = None
) -> AlertRungReached:
    return AlertRungReached(
        alert_id=alert.id,
        customer_id=alert.customer_id,
        signal_id=alert.signal_id,
        kind=SignalKind(alert.kind),
        percent=percent,
        step=step.value,
        audience=tuple(one.value for one in audience),
        owner=Owner(alert.owner_kind).value,
        owner_no=alert.owner_no,
        branch=alert.branch,
        reason=because.value if because else None,
    )
