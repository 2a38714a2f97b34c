"""Signals to alerts: an owner, a clock, and the rungs on it; announced outflows are closed at once (H25, H26)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from chassis.audit import audit
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import schedule_many
from contracts.events.compliance import AlertEnded, AlertOpened
from contracts.values import Fen, Purpose, SignalKind
from services.compliance.watch.actions.clock import RUNG, rung_key
from services.compliance.watch.locks import set_locks
from services.compliance.watch.rules import Announcement, WatchRules, announced, owner_of
from services.compliance.watch.store import opening as store
from services.compliance.watch.store.opening import Fresh

WATCH = "compliance.watch"
"""The actor of what the watch does by itself."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A signal that the watch answers to. `count` are its transactions, `amount_fen` what left altogether."""

    signal_id: UUID
    customer_id: UUID
    kind: SignalKind
    day: date
    amount_fen: Fen | None
    count: int
    account_ids: tuple[UUID, ...]
    transactions: tuple[str, ...]
    raised_at: datetime


async def keep_customers(session: Session, *, rows: Sequence[tuple[UUID, str, str | None]], changed: bool) -> None:
    """Customers are new, or `changed`: (customer, branch, adviser). Later entries of the same customer win."""
    latest = {row[0]: row for row in rows}
    await store.put_customers(session, list(latest.values()), replace=changed)


async def open_alerts(session: Session, *, suspicions: Sequence[Suspicion], rules: WatchRules, now: datetime) -> list[Fresh]:
    """Open an alert for each signal that has none, in a handful of statements for the whole batch."""
    known = await store.known_signals(session, [one.signal_id for one in suspicions])
    wanted = {one.signal_id: one for one in suspicions if one.signal_id not in known}
    if not wanted:
        return []
    fresh = await _owned(session, list(wanted.values()), rules)
    fresh = await _suppressed(session, fresh, rules)
    await store.insert_alerts(session, fresh, now=now, policy_version=rules.version)
    standing = [alert for alert in fresh if alert.outcome is None]
    await _wind_up(session, standing, rules)
    locking = [(alert.id, alert.customer_id) for alert in standing if rules.kinds[alert.kind].locks_sales]
    if locking:
        await set_locks(session, locking, cause=SignalKind.HIGH_RISK_STREAK.value, now=now)
    await emit(session, *(_opened(alert) if alert.outcome is None else _ended(alert, now) for alert in fresh))
    return fresh


async def _owned(session: Session, suspicions: Sequence[Suspicion], rules: WatchRules) -> list[Fresh]:
    whose = await store.whose(session, [one.customer_id for one in suspicions])
    found = []
    for one in suspicions:
        branch, adviser_no = whose.get(one.customer_id, (None, None))
        owner, owner_no = owner_of(adviser_no, branch)
        found.append(
            Fresh(
                id=new_id(),
                signal_id=one.signal_id,
                customer_id=one.customer_id,
                kind=one.kind,
                branch=branch,
                adviser_no=adviser_no,
                owner=owner,
                owner_no=owner_no,
                day=one.day,
                amount_fen=one.amount_fen,
                count=one.count,
                accounts=",".join(map(str, one.account_ids)),
                transactions="\n".join(one.transactions),
                raised_at=one.raised_at,
                due_at=one.raised_at + rules.kinds[one.kind].window,
                announcement_id=None,
            )
        )
    return found


async def _suppressed(session: Session, fresh: Sequence[Fresh], rules: WatchRules) -> list[Fresh]:
    """The alerts, those that were announced marked so, and their amounts taken from what was announced."""
    candidates = [alert for alert in fresh if rules.kinds[alert.kind].announceable and alert.amount_fen is not None]
    if not candidates:
        return list(fresh)
    first = min(alert.day for alert in candidates)
    announceable = {alert.id for alert in candidates}
    left = await store.announcements(session, [alert.customer_id for alert in candidates], since=first)
    found, used = [], []
    for alert in fresh:
        choice = _choice(alert, left.get(alert.customer_id, [])) if alert.id in announceable else None
        if choice is not None:
            amount = alert.amount_fen or 0
            left[alert.customer_id] = [
                replace(one, left_fen=one.left_fen - amount) if one.id == choice.id else one for one in left[alert.customer_id]
            ]
            used.append((choice.id, amount))
            await audit(
                session, caller=WATCH, act="alert.suppressed", customer_id=alert.customer_id, purpose=Purpose.RISK,
                details={"alert_id": str(alert.id), "announcement_id": str(choice.id)},
            )  # fmt: skip
        found.append(alert if choice is None else replace(alert, announcement_id=choice.id))
    await store.use_announcements(session, used)
    return found


def _choice(alert: Fresh, left: Sequence[Announcement]) -> Announcement | None:
    return announced(left, day=alert.day, amount_fen=alert.amount_fen or 0)


async def _wind_up(session: Session, alerts: Sequence[Fresh], rules: WatchRules) -> None:
    """Set the rungs of the clocks."""
    timers: list[tuple[str, datetime, dict[str, object]]] = [
        (
            rung_key(alert.id, rung.percent),
            rung.due_at(alert.raised_at, alert.due_at - alert.raised_at),
            {"alert_id": str(alert.id)},
        )
        for alert in alerts
        for rung in rules.rungs
    ]
    await schedule_many(session, kind=RUNG, timers=[*timers])


def _opened(alert: Fresh) -> AlertOpened:
    return AlertOpened(
        alert_id=alert.id,
        customer_id=alert.customer_id,
        signal_id=alert.signal_id,
        kind=alert.kind,
        day=alert.day,
        amount_fen=alert.amount_fen,
        account_ids=tuple(UUID(one) for one in alert.accounts.split(",") if one),
        raised_at=alert.raised_at,
        due_at=alert.due_at,
        owner=alert.owner.value,
        owner_no=alert.owner_no,
        branch=alert.branch,
    )


def _ended(alert: Fresh, now: datetime) -> AlertEnded:
    return AlertEnded(
        alert_id=alert.id,
        customer_id=alert.customer_id,
        signal_id=alert.signal_id,
        kind=alert.kind,
        outcome=str(alert.outcome),
        closed_at=now,
    )
