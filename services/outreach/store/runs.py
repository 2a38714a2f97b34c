"""Every query on runs over everybody."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import orjson

from chassis.database import Session, driver

_READ = """
SELECT id, cause, requested_by, policy_version, cursor, customers, planned, withdrawn, missed, unplaced::text AS unplaced,
       requested_at, started_at, ended_at
FROM plan_run WHERE id = $1
"""
_LOCK = _READ + "FOR UPDATE"
_ADVANCE = """
UPDATE plan_run
SET cursor = $2, customers = $3, planned = $4, withdrawn = $5, missed = $6, unplaced = $7::text::jsonb,
    started_at = coalesce(started_at, $8), ended_at = CASE WHEN $9 THEN $8::timestamptz END
WHERE id = $1
"""


@dataclass(slots=True)
class Tally:
    """How far a run is and what it did. `unplaced` counts what was left without a contact by the rule in the way."""

    cursor: UUID | None = None
    customers: int = 0
    planned: int = 0
    withdrawn: int = 0
    missed: int = 0
    unplaced: Counter[str] = field(default_factory=Counter)


def tally_of(run: asyncpg.Record) -> Tally:
    """The tally in a run's row."""
    counts = (run["customers"], run["planned"], run["withdrawn"], run["missed"])
    return Tally(run["cursor"], *counts, Counter(orjson.loads(run["unplaced"])))


async def add(session: Session, run_id: UUID, *, cause: str, requested_by: str, policy_version: int, now: datetime) -> bool:
    """Store a run; False while another is under way."""
    connection = await driver(session)
    status = await connection.execute(
        """
        INSERT INTO plan_run (id, cause, requested_by, policy_version, customers, planned, withdrawn, missed, requested_at)
        VALUES ($1, $2, $3, $4, 0, 0, 0, 0, $5) ON CONFLICT DO NOTHING
        """,
        run_id,
        cause,
        requested_by,
        policy_version,
        now,
    )
    return status == "INSERT 0 1"


async def lock(session: Session, run_id: UUID) -> asyncpg.Record | None:
    """A run, locked."""
    connection = await driver(session)
    return await connection.fetchrow(_LOCK, run_id)


async def read(session: Session, run_id: UUID) -> asyncpg.Record | None:
    """A run."""
    connection = await driver(session)
    return await connection.fetchrow(_READ, run_id)


async def advance(session: Session, run_id: UUID, tally: Tally, *, done: bool, now: datetime) -> None:
    """Note how far a run is."""
    connection = await driver(session)
    counts = (tally.cursor, tally.customers, tally.planned, tally.withdrawn, tally.missed)
    await connection.execute(_ADVANCE, run_id, *counts, orjson.dumps(dict(tally.unplaced)).decode(), now, done)


async def timer_is_set(session: Session, *, kind: str, key: str) -> bool:
    """Is this timer armed?"""
    connection = await driver(session)
    found = await connection.fetchval("SELECT 1 FROM timer WHERE kind = $1 AND key = $2 AND state = 'due'", kind, key)
    return found is not None
