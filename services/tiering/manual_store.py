"""Every query of tiering on tiers given by hand."""

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from services.tiering.rules import Manual

_COLUMNS = """
SELECT id, customer_id, tier, code, until, state, requested_by, requested_at, answered_by, answered_at, ended_by, ended_at
FROM manual_tier
"""


async def add(session: Session, manual_id: UUID, customer_id: UUID, asked: Manual, *, by: str, now: datetime) -> bool:
    """Store a request; False where the customer has an open one."""
    connection = await driver(session)
    status = await connection.execute(
        """
        INSERT INTO manual_tier (id, customer_id, tier, code, until, state, requested_by, requested_at)
        VALUES ($1, $2, $3, $4, $5, 'requested', $6, $7)
        ON CONFLICT (customer_id) WHERE state IN ('requested', 'active') DO NOTHING
        """,
        manual_id,
        customer_id,
        asked.tier.value,
        asked.code,
        asked.until,
        by,
        now,
    )
    return status == "INSERT 0 1"


async def lock(session: Session, manual_id: UUID) -> asyncpg.Record | None:
    """One of them, locked."""
    connection = await driver(session)
    return await connection.fetchrow(_COLUMNS + "WHERE id = $1 FOR UPDATE", manual_id)


async def of_customer(session: Session, customer_id: UUID, *, before: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Those of a customer, latest first, older than `before`."""
    connection = await driver(session)
    return await connection.fetch(
        _COLUMNS + "WHERE customer_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        customer_id,
        before,
        limit,
    )


async def answer(session: Session, manual_id: UUID, *, state: str, by: str, now: datetime) -> None:
    """A request becomes `active` or `rejected`."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE manual_tier SET state = $2, answered_by = $3, answered_at = $4 WHERE id = $1", manual_id, state, by, now
    )


async def end(session: Session, manual_id: UUID, *, by: str, now: datetime) -> None:
    """A request is taken back, or a tier ends."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE manual_tier SET state = 'ended', ended_by = $2, ended_at = $3 WHERE id = $1", manual_id, by, now
    )
