"""Locks on sales (H26): after a high-risk streak no further high-risk product is sold until a re-assessment was offered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Session, driver
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.compliance import SaleLockChanged

_SET = """
INSERT INTO sale_lock (id, customer_id, cause, alert_id, since)
SELECT id, customer_id, $4, alert_id, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS v(id, customer_id, alert_id)
ON CONFLICT (alert_id) DO NOTHING RETURNING id, customer_id, alert_id
"""
_LIFT = "UPDATE sale_lock SET lifted_at = $2 WHERE alert_id = $1 AND lifted_at IS NULL RETURNING id, customer_id, cause"


async def set_locks(session: Session, alerts: Sequence[tuple[UUID, UUID]], *, cause: str, now: datetime) -> None:
    """Lock sales to the customers of `alerts`, given as (alert, customer), and tell it. An alert locks once."""
    connection = await driver(session)
    ids = [new_id() for _ in alerts]
    rows = await connection.fetch(_SET, ids, [row[1] for row in alerts], [row[0] for row in alerts], cause, now)
    await emit(session, *(_told(row["id"], row["customer_id"], row["alert_id"], cause, now, locked=True) for row in rows))


async def lift_lock(session: Session, *, alert_id: UUID, now: datetime) -> bool:
    """Free the sales that an alert locked, and tell it. Returns whether there was a lock."""
    connection = await driver(session)
    row = await connection.fetchrow(_LIFT, alert_id, now)
    if row is None:
        return False
    await emit(session, _told(row["id"], row["customer_id"], alert_id, row["cause"], now, locked=False))
    return True


def _told(lock_id: UUID, customer_id: UUID, alert_id: UUID, cause: str, now: datetime, *, locked: bool) -> SaleLockChanged:
    return SaleLockChanged(
        lock_id=lock_id,
        customer_id=customer_id,
        version=1 if locked else 2,
        cause=cause,
        alert_id=alert_id,
        locked=locked,
        at=now,
    )
