"""Finding records of one person over everybody, and the rows of a merge."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.ids import new_id

_PAIRS = """
WITH standing AS (
    SELECT id, person_index, phone_index, birth_date FROM customer WHERE merged_into IS NULL AND forgotten_at IS NULL
), pairs AS (
    SELECT a.id AS first_id, b.id AS second_id, 'identity_number' AS cause
    FROM standing a JOIN standing b ON b.person_index = a.person_index AND b.id > a.id
    UNION ALL
    SELECT a.id, b.id, 'phone_and_birth_date'
    FROM standing a JOIN standing b ON b.phone_index = a.phone_index AND b.birth_date = a.birth_date AND b.id > a.id
)
SELECT DISTINCT ON (first_id, second_id) first_id, second_id, cause FROM pairs p
WHERE NOT EXISTS (SELECT FROM duplicate d WHERE d.first_id = p.first_id AND d.second_id = p.second_id)
ORDER BY first_id, second_id, cause LIMIT $1
"""
MOST_FOUND = 10_000
"""Proposals of one search; more wait for the next."""


async def propose(session: Session, *, now: datetime) -> int:
    """Propose all pairs that were never proposed; how many. Dismissed ones do not come again."""
    connection = await driver(session)
    pairs = await connection.fetch(_PAIRS, MOST_FOUND)
    await connection.execute(
        "INSERT INTO duplicate (id, first_id, second_id, cause, state, found_at)"
        " SELECT id, first_id, second_id, cause, 'open', $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])"
        " AS n(id, first_id, second_id, cause) ON CONFLICT DO NOTHING",
        [new_id() for _ in pairs],
        [pair["first_id"] for pair in pairs],
        [pair["second_id"] for pair in pairs],
        [pair["cause"] for pair in pairs],
        now,
    )
    return len(pairs)


async def page(session: Session, *, state: str, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Proposals in the order in which they were found, up to `limit` + 1."""
    return await (await driver(session)).fetch(
        "SELECT * FROM duplicate WHERE state = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3", state, after, limit + 1
    )


async def find(session: Session, duplicate_id: UUID) -> asyncpg.Record | None:
    """A proposal, locked."""
    return await (await driver(session)).fetchrow("SELECT * FROM duplicate WHERE id = $1 FOR UPDATE", duplicate_id)


async def decide(
    session: Session, duplicate_id: UUID, *, state: str, reason: str | None, by: str, now: datetime
) -> asyncpg.Record:
    """Close a proposal; its row."""
    row = await (await driver(session)).fetchrow(
        "UPDATE duplicate SET state = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1 RETURNING *",
        duplicate_id,
        state,
        reason,
        by,
        now,
    )
    assert row is not None  # the caller holds its lock
    return row


async def lock_both(session: Session, one: UUID, other: UUID) -> dict[UUID, asyncpg.Record]:
    """Two records that stand, with their keys, locked in the order of their ids."""
    rows = await (await driver(session)).fetch(
        "SELECT c.id, c.restricted_until, k.version AS key_version, k.master_version, k.wrapped"
        " FROM customer c JOIN data_key k ON k.customer_id = c.id"
        " WHERE c.id = ANY($1) AND c.merged_into IS NULL AND c.forgotten_at IS NULL ORDER BY c.id FOR UPDATE OF c",
        [one, other],
    )
    return {row["id"]: row for row in rows}


async def move(session: Session, *, merged_id: UUID, surviving_id: UUID) -> list[UUID]:
    """Give everything that goes on to the surviving record; the accounts that moved."""
    connection = await driver(session)
    accounts = await connection.fetch(
        "UPDATE account SET customer_id = $2 WHERE customer_id = $1 RETURNING id", merged_id, surviving_id
    )
    await connection.execute("UPDATE behaviour SET customer_id = $2 WHERE customer_id = $1", merged_id, surviving_id)
    await connection.execute("UPDATE assignment SET customer_id = $2 WHERE customer_id = $1", merged_id, surviving_id)
    for table, columns in (("fact", "fact, value, since"), ("assessment", "assessed_on, level")):
        await connection.execute(
            f"INSERT INTO {table} (customer_id, {columns}) SELECT $2, {columns} FROM {table} WHERE customer_id = $1"  # noqa: S608  # names of ours
            " ON CONFLICT DO NOTHING",
            merged_id,
            surviving_id,
        )
    await connection.execute("UPDATE customer SET merged_into = $2 WHERE id = $1 OR merged_into = $1", merged_id, surviving_id)
    return [row["id"] for row in accounts]


async def note_merge(
    session: Session, *, merged_id: UUID, surviving_id: UUID, accounts: Sequence[UUID], by: str, now: datetime
) -> None:
    """Which record went where, with which accounts; open proposals about the merged record are closed with it."""
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO merge (merged_id, surviving_id, accounts, merged_at, merged_by) VALUES ($1, $2, $3, $4, $5)",
        merged_id,
        surviving_id,
        list(accounts),
        now,
        by,
    )
    await connection.execute(
        "UPDATE duplicate SET state = 'merged', decided_by = $2, decided_at = $3"
        " WHERE state = 'open' AND (first_id = $1 OR second_id = $1)",
        merged_id,
        by,
        now,
    )
