"""Queries on alerts one by one and in lists, within the caller's reach."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlmodel import col, select

from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session, driver
from contracts.values import Reach, SignalKind
from services.compliance.watch.models import AlertContact, AlertRung, AnnouncedOutflow, FreezeRequest, RiskAlert
from services.compliance.watch.rules import ContactResult

_SUMMARY = """
SELECT kind, count(*) AS alerts, count(*) FILTER (WHERE outcome = 'announced') AS announced,
    count(*) FILTER (WHERE closed_at IS NULL) AS open, count(contacted_at) AS contacted, count(escalated_at) AS escalated,
    count(*) FILTER (WHERE outcome = 'explained') AS explained,
    count(*) FILTER (WHERE outcome = 'fraud_suspected') AS fraud_suspected,
    count(*) FILTER (WHERE outcome = 'reassessment_offered') AS reassessment_offered,
    count(*) FILTER (WHERE contacted_at <= due_at) AS contacted_in_time,
    count(*) FILTER (WHERE outcome IS DISTINCT FROM 'announced' AND (contacted_at IS NOT NULL OR due_at <= $4
        OR closed_at IS NOT NULL)) AS measured,
    extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY contacted_at - raised_at))::bigint AS p50_seconds,
    extract(epoch FROM percentile_disc(0.9) WITHIN GROUP (ORDER BY contacted_at - raised_at))::bigint AS p90_seconds,
    extract(epoch FROM max(contacted_at - raised_at))::bigint AS max_seconds
FROM risk_alert
WHERE raised_at >= $1 AND raised_at < $2 AND ($3::text IS NULL OR branch = $3) GROUP BY kind ORDER BY kind
"""


def within(caller: Capability) -> sa.ColumnElement[bool]:
    """Alerts that the caller may see: of one customer, of the own customers or handed to the caller, of the branch, or all."""
    if caller.reach is Reach.ALL:
        return sa.true()
    if caller.reach is Reach.BRANCH and caller.branch:
        return col(RiskAlert.branch) == caller.branch
    if caller.reach is Reach.OWN and caller.staff_no:
        handed = sa.and_(col(RiskAlert.owner_kind) == "staff", col(RiskAlert.owner_no) == caller.staff_no)
        return sa.or_(handed, col(RiskAlert.adviser_no) == caller.staff_no)
    if caller.reach is Reach.ONE and caller.customer:
        return col(RiskAlert.customer_id) == caller.customer
    return sa.false()


async def lock(session: Session, alert_id: UUID) -> RiskAlert | None:
    """The alert, locked until the transaction ends."""
    return await session.get(RiskAlert, alert_id, with_for_update=True, populate_existing=True)


async def visible(session: Session, alert_id: UUID, caller: Capability, *, locked: bool = False) -> RiskAlert | None:
    """The alert, when it is within the caller's reach."""
    query = select(RiskAlert).where(col(RiskAlert.id) == alert_id, within(caller))
    return (await session.exec(query.with_for_update() if locked else query)).first()


async def page(
    session: Session,
    caller: Capability,
    *,
    is_open: bool | None,
    kind: SignalKind | None,
    customer_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[RiskAlert]:
    """Up to `limit` alerts within the caller's reach, the newest first, from `before` on (ids sort by time)."""
    query = select(RiskAlert).where(within(caller)).order_by(col(RiskAlert.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(RiskAlert.id) < before)
    if is_open is not None:
        query = query.where(col(RiskAlert.closed_at).is_(None) if is_open else col(RiskAlert.closed_at).is_not(None))
    if kind is not None:
        query = query.where(col(RiskAlert.kind) == kind.value)
    if customer_id is not None:
        query = query.where(col(RiskAlert.customer_id) == customer_id)
    return (await session.exec(query)).all()


async def rungs(session: Session, alert_id: UUID) -> Sequence[AlertRung]:
    """The rungs that have fired, lowest first."""
    query = select(AlertRung).where(col(AlertRung.alert_id) == alert_id).order_by(col(AlertRung.percent))
    return (await session.exec(query)).all()


async def contacts(session: Session, alert_id: UUID) -> Sequence[AlertContact]:
    """The attempts to reach the customer, in their order."""
    query = select(AlertContact).where(col(AlertContact.alert_id) == alert_id).order_by(col(AlertContact.id))
    return (await session.exec(query)).all()


async def attempts(session: Session, alert_id: UUID) -> int:
    """How many attempts did not reach the customer."""
    query = select(sa.func.count()).where(
        col(AlertContact.alert_id) == alert_id, col(AlertContact.result) != ContactResult.REACHED.value
    )
    return int((await session.exec(query)).one())


async def freeze_of(session: Session, alert_id: UUID) -> FreezeRequest | None:
    """The freeze request that an alert led to."""
    return (await session.exec(select(FreezeRequest).where(col(FreezeRequest.alert_id) == alert_id))).first()


async def announcements(session: Session, customer_id: UUID, *, limit: int) -> Sequence[AnnouncedOutflow]:
    """What a customer announced, the newest first."""
    query = select(AnnouncedOutflow).where(col(AnnouncedOutflow.customer_id) == customer_id)
    return (await session.exec(query.order_by(col(AnnouncedOutflow.id).desc()).limit(limit))).all()


async def summary(session: Session, *, first: date, last: date, branch: str | None, now: datetime) -> list[asyncpg.Record]:
    """Alerts raised on the days `first` to `last` in Shanghai, in numbers for each kind."""
    connection = await driver(session)
    start = datetime.combine(first, time(), SHANGHAI)
    end = datetime.combine(last + timedelta(days=1), time(), SHANGHAI)
    return await connection.fetch(_SUMMARY, start, end, branch, now)
