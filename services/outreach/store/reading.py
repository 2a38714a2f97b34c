"""Queries behind the routes."""

from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session, driver

PLAN = """
SELECT 'recipient' AS what, tier, plan_version, NULL AS kind, NULL AS period, NULL AS id, NULL AS channel,
       NULL::date AS day, NULL::date AS last, NULL::timestamptz AS at, NULL AS placed_by, NULL AS channel_reason,
       NULL AS calendar, NULL AS bypass, NULL::text[] AS bypassed, NULL AS signal_id
FROM recipient WHERE customer_id = $1
UNION ALL
SELECT CASE WHEN c.wish_id IS NULL THEN 'obligation' ELSE 'wish' END, NULL, 0, c.kind, c.period, c.id::text, c.channel,
       c.day, NULL, c.at, c.placed_by, c.channel_reason, c.calendar, c.bypass, c.bypassed, w.signal_id::text
FROM contact c LEFT JOIN wish w ON w.id = c.wish_id
WHERE c.customer_id = $1 AND c.state = 'planned' AND c.day BETWEEN $2 AND $3
UNION ALL
SELECT 'waiting obligation', NULL, 0, kind, period, NULL, reason, opens, closes, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM obligation WHERE customer_id = $1 AND state = 'open'
UNION ALL
SELECT 'waiting wish', NULL, 0, kind, period, NULL, reason, opens, closes, NULL, NULL, NULL, NULL, NULL, NULL, signal_id::text
FROM wish WHERE customer_id = $1 AND state = 'open'
"""
"""The plan of customer $1 for the days $2 to $3. Rows differ by `what`; where something waits, `channel` is the reason."""

_OBLIGATIONS = """
SELECT id, kind, period, tier, opens, closes, target, state, reason, changed_at FROM obligation
WHERE customer_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::date IS NULL OR (closes, id) < ($3, $4::uuid))
ORDER BY closes DESC, id DESC LIMIT $5
"""
_WEEKS = """
SELECT (c.day - $1::date) / 7 AS week, c.channel, c.tier, count(*) AS contacts, count(c.bypass) AS bypasses,
       count(*) FILTER (WHERE c.calendar = 'unpublished') AS calendar_unpublished
FROM contact c JOIN recipient r USING (customer_id)
WHERE c.state = 'planned' AND c.day BETWEEN $1 AND $2 AND ($3::text IS NULL OR r.branch = $3)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_WAITING = """
SELECT 'obligation' AS origin, o.kind, o.reason, count(*) AS count
FROM obligation o JOIN recipient r USING (customer_id)
WHERE o.state = 'open' AND o.reason IS NOT NULL AND ($1::text IS NULL OR r.branch = $1) GROUP BY 2, 3
UNION ALL
SELECT 'wish', w.kind, w.reason, count(*)
FROM wish w JOIN recipient r USING (customer_id)
WHERE w.state = 'open' AND w.reason IS NOT NULL AND ($1::text IS NULL OR r.branch = $1) GROUP BY 2, 3
ORDER BY 4 DESC, 1, 2, 3
"""


async def known(session: Session, customer_id: UUID) -> bool:
    """Has outreach heard of this customer?"""
    connection = await driver(session)
    return await connection.fetchval("SELECT 1 FROM recipient WHERE customer_id = $1", customer_id) is not None


async def obligations(
    session: Session, customer_id: UUID, *, state: str | None, after: tuple[date, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Obligations of a customer, latest window first."""
    connection = await driver(session)
    return await connection.fetch(_OBLIGATIONS, customer_id, state, *(after or (None, None)), limit)


async def weeks(session: Session, *, first: date, last: date, branch: str | None) -> list[asyncpg.Record]:
    """Contacts from `first` to `last` by week (counted from 0), channel and tier."""
    connection = await driver(session)
    return await connection.fetch(_WEEKS, first, last, branch)


async def waiting(session: Session, *, branch: str | None) -> list[asyncpg.Record]:
    """What waits without a contact, by origin, kind and reason, most first."""
    connection = await driver(session)
    return await connection.fetch(_WAITING, branch)


async def recipients(session: Session, *, branch: str | None) -> int:
    """How many recipients there are."""
    connection = await driver(session)
    return int(await connection.fetchval("SELECT count(*) FROM recipient WHERE $1::text IS NULL OR branch = $1", branch))
