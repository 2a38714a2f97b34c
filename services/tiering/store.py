"""Every query of tiering on customers: what they stand at, and the history of decisions."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver

_STANDINGS = """
SELECT customer_id, policy_version, branch, as_of, measures_version,
       tier, reason, fired, automatic, grace_until, manual_tier, manual_code, manual_until,
       inputs::text AS inputs
FROM standing
"""


async def standings_after(session: Session, cursor: UUID | None, *, limit: int) -> list[asyncpg.Record]:
    """The next `limit` customers by id, with what they stand at; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetch(
        _STANDINGS + "WHERE $1::uuid IS NULL OR customer_id > $1 ORDER BY customer_id LIMIT $2", cursor, limit
    )


async def grace_over(session: Session, now: datetime, *, limit: int) -> list[asyncpg.Record]:
    """Up to `limit` customers whose grace period is over, by id; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetch(_STANDINGS + "WHERE grace_until <= $1 ORDER BY grace_until, customer_id LIMIT $2", now, limit)


async def lock_standings(session: Session, customers: Sequence[UUID]) -> list[asyncpg.Record]:
    """What some customers stand at, locked until the transaction ends; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetch(_STANDINGS + "WHERE customer_id = ANY($1) ORDER BY customer_id FOR UPDATE", customers)


TIER = """
SELECT s.tier, s.reason, s.fired, s.automatic, s.grace_until, s.manual_tier, s.manual_code, s.manual_until,
       s.policy_version, p.digest, s.number, s.as_of, s.since, s.decided_at, s.inputs::text AS inputs
FROM standing s JOIN policy p ON p.version = s.policy_version WHERE s.customer_id = $1
"""
"""The hot read: what one customer stands at, in one statement for the driver's pool."""


async def standing(session: Session, customer_id: UUID) -> asyncpg.Record | None:
    """What one customer stands at; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetchrow(TIER, customer_id)


_HISTORY = """
SELECT d.number, d.tier, d.previous, d.reason, d.fired, d.automatic, d.grace_until, d.held, d.held_grace_until,
       d.manual_tier, d.manual_code, d.manual_until, d.policy_version, p.digest, d.as_of, d.decided_at, d.inputs::text AS inputs
FROM decision d JOIN policy p ON p.version = d.policy_version WHERE d.customer_id = $1
"""


async def history(session: Session, customer_id: UUID, *, before: int | None, limit: int) -> list[asyncpg.Record]:
    """Decisions on a customer, latest first, below number `before`."""
    connection = await driver(session)
    return await connection.fetch(
        _HISTORY + "AND ($2::int IS NULL OR number < $2) ORDER BY number DESC LIMIT $3", customer_id, before, limit
    )


async def decision_at(session: Session, customer_id: UUID, at: datetime) -> asyncpg.Record | None:
    """The decision that held at a moment."""
    connection = await driver(session)
    return await connection.fetchrow(
        _HISTORY + "AND decided_at <= $2 ORDER BY decided_at DESC, number DESC LIMIT 1", customer_id, at
    )


async def tier_counts(session: Session, *, branch: str | None) -> list[asyncpg.Record]:
    """Customers by tier, deciding reason and policy version; of one branch where given."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT tier, reason, policy_version, count(*)::int AS customers, max(as_of) AS as_of
        FROM standing WHERE $1::text IS NULL OR branch = $1 GROUP BY tier, reason, policy_version
        ORDER BY tier, reason, policy_version
        """,
        branch,
    )


async def reach_feed(session: Session, *, feed: str, version: int, day: date) -> None:
    """Note how far a feed is complete; an older day does not take it back."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO feed (feed, version, day) VALUES ($1, $2, $3)
        ON CONFLICT (feed) DO UPDATE SET version = excluded.version, day = greatest(feed.day, excluded.day)
        """,
        feed,
        version,
        day,
    )


async def feed_days(session: Session) -> list[date]:
    """The last complete day of each feed."""
    connection = await driver(session)
    return [row["day"] for row in await connection.fetch("SELECT day FROM feed")]
