"""Every query of tiering on customers: what they stand at, and the history of decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import Tier

_STORE = """
WITH in_force AS (
    SELECT version, digest FROM policy WHERE status = 'published' AND currency = $1 AND effective_from <= $2
    ORDER BY effective_from DESC, version DESC LIMIT 1
),
given AS (
    SELECT g.* FROM in_force f, unnest($5::uuid[], $6::text[], $7::text[], $8::date[], $9::int[], $10::text[], $11::text[])
        AS g(customer_id, tier, reason, as_of, measures_version, branch, inputs)
    WHERE f.version = $3 AND f.digest = $4
),
before AS (
    SELECT s.customer_id, s.tier, s.reason, s.number, s.change, s.since, s.measures_version
    FROM standing s WHERE s.customer_id IN (SELECT customer_id FROM given)
    ORDER BY s.customer_id FOR UPDATE
),
decided AS (
    SELECT g.*, b.tier AS previous, b.since,
           coalesce(b.number, 0) AS number, coalesce(b.change, 0) AS change,
           b.tier IS DISTINCT FROM g.tier AS moved,
           b.tier IS DISTINCT FROM g.tier OR b.reason <> g.reason AS noted
    FROM given g LEFT JOIN before b USING (customer_id)
    WHERE NOT $13::boolean OR b.measures_version = g.measures_version
),
stored AS (
    INSERT INTO standing (customer_id, tier, reason, policy_version, number, change, branch, as_of, measures_version,
                          inputs, since, decided_at)
    SELECT customer_id, tier, reason, $3, number + noted::int, change + moved::int, branch, as_of, measures_version,
           inputs::jsonb, CASE WHEN moved THEN $12 ELSE since END, $12
    FROM decided
    ON CONFLICT (customer_id) DO UPDATE SET
        tier = excluded.tier, reason = excluded.reason, policy_version = excluded.policy_version,
        number = excluded.number, change = excluded.change, branch = excluded.branch, as_of = excluded.as_of,
        measures_version = excluded.measures_version, inputs = excluded.inputs, since = excluded.since,
        decided_at = excluded.decided_at
),
noted AS (
    INSERT INTO decision (customer_id, number, tier, previous, reason, inputs, policy_version, as_of, decided_at)
    SELECT customer_id, number + 1, tier, previous, reason, inputs::jsonb, $3, as_of, $12 FROM decided WHERE noted
)
SELECT f.version, f.digest, d.customer_id, d.tier, d.previous, d.reason, d.as_of, d.change + 1 AS change
FROM in_force f LEFT JOIN decided d ON d.moved
"""
# One statement: it checks that the policy asked is still in force, locks what stands, compares, stores, and notes. A new
# tier or reason goes into the history; only a new tier is returned, to be told to others.


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to be stored. `inputs` is `rules.Measures` as JSON."""

    customer_id: UUID
    tier: Tier
    reason: str
    as_of: date
    measures_version: int
    branch: str
    inputs: str


@dataclass(frozen=True, slots=True)
class Move:
    """A customer whose tier is another than before, or the first. `change` numbers them 1, 2, 3, … for each customer."""

    customer_id: UUID
    tier: Tier
    previous: Tier | None
    reason: str
    as_of: date
    change: int


async def store_decisions(
    session: Session,
    rows: Sequence[Decided],
    *,
    currency: str,
    policy: tuple[int, str],
    today: date,
    now: datetime,
    only_if_same_measures: bool = False,
) -> list[Move] | None:
    """Store decisions made with `policy` (version, digest), each customer at most once in `rows`.

    Returns the moves; None, with nothing stored, where another policy or none is in force for `currency`.
    `only_if_same_measures` leaves out customers whose measures are newer than those decided on.
    """
    connection = await driver(session)
    found = await connection.fetch(
        _STORE,
        currency,
        today,
        *policy,
        [row.customer_id for row in rows],
        [row.tier.value for row in rows],
        [row.reason for row in rows],
        [row.as_of for row in rows],
        [row.measures_version for row in rows],
        [row.branch for row in rows],
        [row.inputs for row in rows],
        now,
        only_if_same_measures,
    )
    if not found or (found[0]["version"], found[0]["digest"]) != policy:
        return None
    return [_move(row) for row in found if row["customer_id"] is not None]


def _move(row: asyncpg.Record) -> Move:
    previous = row["previous"]
    return Move(
        customer_id=row["customer_id"],
        tier=Tier(row["tier"]),
        previous=None if previous is None else Tier(previous),
        reason=row["reason"],
        as_of=row["as_of"],
        change=row["change"],
    )


async def standings_after(session: Session, cursor: UUID | None, *, limit: int) -> list[asyncpg.Record]:
    """The next `limit` customers by id, with what they stand at; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT customer_id, tier, reason, policy_version, branch, as_of, measures_version, inputs::text AS inputs
        FROM standing WHERE $1::uuid IS NULL OR customer_id > $1 ORDER BY customer_id LIMIT $2
        """,
        cursor,
        limit,
    )


TIER = """
SELECT s.tier, s.reason, s.policy_version, p.digest, s.number, s.as_of, s.since, s.decided_at, s.inputs::text AS inputs
FROM standing s JOIN policy p ON p.version = s.policy_version WHERE s.customer_id = $1
"""
"""The hot read: what one customer stands at, in one statement for the driver's pool."""


async def standing(session: Session, customer_id: UUID) -> asyncpg.Record | None:
    """What one customer stands at; `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetchrow(TIER, customer_id)


_HISTORY = """
SELECT number, tier, previous, reason, policy_version, as_of, decided_at, inputs::text AS inputs
FROM decision WHERE customer_id = $1
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
