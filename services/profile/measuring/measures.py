"""Measures (H1) of a block of customers: one statement computes them, one stores them and gives those that changed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.outbox import emit
from contracts.events.profile import Assets, MeasuresComputed
from services.profile.measuring.policy import measures_policy, statement

FEED = "core"
"""The core bank's feed, whose watermark and completed days are told."""
_ONE_AT_A_TIME = 0x5052_0002
COMPUTED = (
    "customer_id, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen, dealings_90, logins_90,"
    " channels_90, payroll, products, need, life_stage, relation_stage, history_days, age, household_30, household_90,"
    " household_180, assets_by_class, dealings_growth_180_bp"
)
"""The columns of sql/measures.sql, in its order."""
_AT = """
SELECT m.*, $1::date AS as_of, NULL::int AS version, (SELECT day FROM watermark WHERE feed = $5) AS data_complete_to
FROM ({measures}) m
"""


@dataclass(frozen=True)
class Block:
    """Customers by id, from `low` to `high`, both included."""

    low: UUID
    high: UUID
    customers: int


async def next_block(session: Session, *, after: UUID | None, size: int) -> Block | None:
    """The following `size` customers in the order of their ids; None at the end."""
    row = await (await driver(session)).fetchrow(
        "SELECT count(*) AS customers, (array_agg(id ORDER BY id))[1] AS low, (array_agg(id ORDER BY id DESC))[1] AS high"
        " FROM (SELECT id FROM customer WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2) block",
        after,
        size,
    )
    return Block(row["low"], row["high"], row["customers"]) if row and row["customers"] else None


async def lock_computing(session: Session) -> None:
    """Until the end of the transaction: versions are given to one computation at a time.

    Plans are made for each block: after five uses PostgreSQL would take one that fits no block in particular, ten times slower.
    """
    connection = await driver(session)
    await connection.execute(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")


async def measure(session: Session, block: Block, *, as_of: date) -> int:
    """Compute, store and publish the block's measures as of the end of `as_of`; how many were published."""
    await lock_computing(session)
    connection = await driver(session)
    await connection.execute("DROP TABLE IF EXISTS computed")
    await connection.execute("CREATE TEMP TABLE computed (LIKE measures) ON COMMIT DROP")
    await connection.execute("ALTER TABLE computed DROP version, DROP as_of, DROP data_complete_to")
    await connection.execute(
        f"INSERT INTO computed ({COMPUTED}) {statement('measures')}",
        as_of,
        block.low,
        block.high,
        measures_policy(),
    )
    rows = await connection.fetch(statement("measures_write"), as_of, FEED)
    await emit(session, *(_event(row, as_of) for row in rows))
    return len(rows)


async def measures_at(session: Session, customer_id: UUID, *, as_of: date) -> asyncpg.Record | None:
    """The measures of one customer as of the end of any past day, computed and not stored. None for a stranger."""
    text = _AT.format(measures=statement("measures"))
    return await (await driver(session)).fetchrow(text, as_of, customer_id, customer_id, measures_policy(), FEED)


def stale(as_of: date, data_complete_to: date | None) -> bool:
    """Whether the feed was known to be complete to an earlier day only."""
    return data_complete_to is not None and data_complete_to < as_of


def _event(row: asyncpg.Record, as_of: date) -> MeasuresComputed:
    values = dict(row)
    assets = Assets(days_30=values["assets_30"], days_90=values["assets_90"], days_180=values["assets_180"])
    household = Assets(days_30=values["household_30"], days_90=values["household_90"], days_180=values["household_180"])
    late = stale(as_of, values["data_complete_to"])
    return MeasuresComputed.model_validate({**values, "as_of": as_of, "assets": assets, "household": household, "stale": late})
