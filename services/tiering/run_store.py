"""Every query of tiering on runs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver


@dataclass(slots=True)
class Tally:
    """What one turn of a run did. `skipped`: customers in a currency without a policy."""

    cursor: UUID | None = None
    decided: int = 0
    up: int = 0
    down: int = 0
    skipped: int = 0

    @property
    def unchanged(self) -> int:
        """Customers whose tier stayed."""
        return self.decided - self.up - self.down


async def add(session: Session, run_id: UUID, *, kind: str, day: date, state: str, requested_by: str, now: datetime) -> bool:
    """Store a run; False where the night of `day` has one."""
    connection = await driver(session)
    status = await connection.execute(
        """
        INSERT INTO run (id, kind, day, state, requested_by, requested_at, looks, decided, up, down, unchanged, skipped)
        VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0) ON CONFLICT (day) WHERE kind = 'nightly' DO NOTHING
        """,
        run_id,
        kind,
        day,
        state,
        requested_by,
        now,
    )
    return status == "INSERT 0 1"


async def lock(session: Session, run_id: UUID) -> asyncpg.Record | None:
    """A run, locked."""
    connection = await driver(session)
    return await connection.fetchrow("SELECT * FROM run WHERE id = $1 FOR UPDATE", run_id)


async def read(session: Session, run_id: UUID) -> asyncpg.Record | None:
    """A run."""
    connection = await driver(session)
    return await connection.fetchrow("SELECT * FROM run WHERE id = $1", run_id)


async def latest(session: Session, *, before: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Runs, latest first, older than `before`."""
    connection = await driver(session)
    return await connection.fetch("SELECT * FROM run WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2", before, limit)


async def waiting(session: Session) -> list[UUID]:
    """Runs that wait for the feed."""
    connection = await driver(session)
    return [row["id"] for row in await connection.fetch("SELECT id FROM run WHERE state = 'waiting'")]


async def wait(session: Session, run_id: UUID, *, state: str, note: str, feed_day: date | None, now: datetime) -> None:
    """Note that the feed was not complete: the run waits on, or is given up."""
    connection = await driver(session)
    await connection.execute(
        """
        UPDATE run SET state = $2, note = $3, feed_day = $4, looks = looks + 1,
               ended_at = CASE WHEN $2 = 'given_up' THEN $5::timestamptz END
        WHERE id = $1
        """,
        run_id,
        state,
        note,
        feed_day,
        now,
    )


async def start(session: Session, run_id: UUID, *, feed_day: date | None, now: datetime) -> None:
    """The run begins to decide."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE run SET state = 'running', note = NULL, feed_day = $2, started_at = coalesce(started_at, $3) WHERE id = $1",
        run_id,
        feed_day,
        now,
    )


async def advance(session: Session, run_id: UUID, tally: Tally, *, done: bool, now: datetime) -> None:
    """Add a turn to the run's counts; `done` ends it."""
    connection = await driver(session)
    await connection.execute(
        """
        UPDATE run SET cursor = coalesce($2, cursor), decided = decided + $3, up = up + $4, down = down + $5,
               unchanged = unchanged + $6, skipped = skipped + $7, state = CASE WHEN $8 THEN 'done' ELSE state END,
               ended_at = CASE WHEN $8 THEN $9::timestamptz END,
               seconds = CASE WHEN $8 THEN extract(epoch FROM $9::timestamptz - started_at)::float8 END
        WHERE id = $1
        """,
        run_id,
        tally.cursor,
        tally.decided,
        tally.up,
        tally.down,
        tally.unchanged,
        tally.skipped,
        done,
        now,
    )


async def timer_is_set(session: Session, kind: str, key: str) -> bool:
    """Whether a timer is armed."""
    connection = await driver(session)
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM timer WHERE kind = $1 AND key = $2 AND state = 'due')", kind, key
    )
    return found
