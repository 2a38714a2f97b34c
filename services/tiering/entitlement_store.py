"""Every query of tiering on what customers are owed by their package (H5 to H7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import Tier

_FILL = """
WITH owed AS (
    SELECT s.customer_id, s.tier, p.service, p.days, s.entered, p.period_to AS calendar_to,
           CASE WHEN p.days IS NULL THEN p.period_from ELSE s.entered END AS period_from,
           CASE WHEN p.days IS NULL THEN p.period_to ELSE s.entered + p.days END AS period_to
    FROM (SELECT customer_id, tier, (since AT TIME ZONE 'Asia/Shanghai')::date AS entered
          FROM standing WHERE customer_id = ANY($1::uuid[])) s
    JOIN unnest($2::text[], $3::text[], $4::int[], $5::date[], $6::date[]) AS p(tier, service, days, period_from, period_to)
        ON p.tier = s.tier
)
INSERT INTO entitlement (id, customer_id, tier, package_version, service, period_from, period_to, state)
SELECT gen_random_uuid(), o.customer_id, o.tier, $7, o.service, o.period_from, o.period_to, 'due'
FROM owed o
WHERE o.period_to > $8 AND (o.days IS NOT NULL OR o.calendar_to - o.entered >= $9)
  AND NOT EXISTS (SELECT FROM entitlement e WHERE e.customer_id = o.customer_id AND e.service = o.service
                  AND e.state <> 'ended' AND e.period_to > o.period_from)
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """A service that a tier owes now: in a calendar period, or (`days` set) within days of the entry."""

    tier: Tier
    service: str
    days: int | None
    period_from: date | None
    period_to: date | None


async def settle(session: Session, customers: Sequence[UUID], *, now: datetime, today: date) -> None:
    """Due ones whose period is over are missed; other due ones of a tier that the customer left end with it."""
    connection = await driver(session)
    await connection.execute(
        """
        UPDATE entitlement e SET state = CASE WHEN e.period_to <= $2 THEN 'missed' ELSE 'ended' END, closed_at = $3
        FROM standing s
        WHERE s.customer_id = e.customer_id AND e.customer_id = ANY($1::uuid[]) AND e.state = 'due'
          AND (e.period_to <= $2 OR e.tier <> s.tier)
        """,
        customers,
        today,
        now,
    )


async def fill(
    session: Session, customers: Sequence[UUID], owed: Sequence[Owed], *, package_version: int, today: date, notice_days: int
) -> None:
    """Add what the customers' tiers owe now and what is not there already."""
    connection = await driver(session)
    columns = (
        [one.tier.value for one in owed],
        [one.service for one in owed],
        [one.days for one in owed],
        [one.period_from for one in owed],
        [one.period_to for one in owed],
    )
    await connection.execute(_FILL, customers, *columns, package_version, today, notice_days)


async def lock_customers(session: Session, *, after: UUID | None, limit: int) -> list[UUID]:
    """The next customers by id, locked so that their tier stays."""
    connection = await driver(session)
    rows = await connection.fetch(
        "SELECT customer_id FROM standing WHERE $1::uuid IS NULL OR customer_id > $1 ORDER BY customer_id LIMIT $2 FOR UPDATE",
        after,
        limit,
    )
    return [row["customer_id"] for row in rows]


async def lock(session: Session, entitlement_id: UUID) -> asyncpg.Record | None:
    """One of them, locked."""
    connection = await driver(session)
    return await connection.fetchrow(
        "SELECT customer_id, service, state, period_from, period_to FROM entitlement WHERE id = $1 FOR UPDATE", entitlement_id
    )


async def give(session: Session, entitlement_id: UUID, *, by: str, reference: str, now: datetime) -> None:
    """A due one is given."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE entitlement SET state = 'given', given_by = $2, reference = $3, given_at = $4 WHERE id = $1 AND state = 'due'",
        entitlement_id,
        by,
        reference,
        now,
    )


async def current(session: Session, customer_id: UUID) -> list[asyncpg.Record]:
    """The latest of each service of the customer's tier, with how many were missed in all; one row of nulls where none."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT DISTINCT ON (e.service) s.tier AS standing_tier, e.id, e.service, e.package_version, e.period_from, e.period_to,
               e.state, e.given_at, e.reference,
               count(*) FILTER (WHERE e.state = 'missed') OVER (PARTITION BY e.service) AS missed
        FROM standing s
        LEFT JOIN entitlement e ON e.customer_id = s.customer_id AND e.tier = s.tier AND e.state <> 'ended'
        WHERE s.customer_id = $1 ORDER BY e.service, e.period_from DESC
        """,
        customer_id,
    )


async def counts(session: Session, *, branch: str | None, since: date | None) -> list[asyncpg.Record]:
    """Given, due, missed and ended by service and branch, of periods that end after `since`; of one branch where given."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT s.branch, e.tier, e.service,
               count(*) FILTER (WHERE e.state = 'given')::int AS given, count(*) FILTER (WHERE e.state = 'due')::int AS due,
               count(*) FILTER (WHERE e.state = 'missed')::int AS missed, count(*) FILTER (WHERE e.state = 'ended')::int AS ended
        FROM entitlement e JOIN standing s USING (customer_id)
        WHERE ($1::text IS NULL OR s.branch = $1) AND ($2::date IS NULL OR e.period_to > $2)
        GROUP BY s.branch, e.tier, e.service ORDER BY s.branch, e.tier, e.service
        """,
        branch,
        since,
    )
