"""Every query of tiering on policies."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from chassis.database import Session, driver
from services.tiering.document import canonical


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy to be stored as a draft."""

    currency: str
    effective_from: date
    document: dict[str, Any]  # Any: a JSON document
    digest: str
    drafted_by: str


_VERSIONS = """
SELECT version, status, currency, effective_from, digest, drafted_by, drafted_at, approved_by, approved_at,
       closed_by, closed_at, closed_because
FROM policy
"""


async def in_force(session: Session, *, currency: str, today: date) -> asyncpg.Record | None:
    """The policy in force for a currency on a day: version, digest, document as JSON text."""
    connection = await driver(session)
    return await connection.fetchrow(
        """
        SELECT version, digest, document::text AS document FROM policy
        WHERE status = 'published' AND currency = $1 AND effective_from <= $2
        ORDER BY effective_from DESC, version DESC LIMIT 1
        """,
        currency,
        today,
    )


async def document_of(session: Session, version: int) -> asyncpg.Record | None:
    """The document of a version as JSON text, and its digest."""
    connection = await driver(session)
    return await connection.fetchrow("SELECT digest, document::text AS document FROM policy WHERE version = $1", version)


async def version_of(session: Session, version: int, *, lock: bool = False) -> asyncpg.Record | None:
    """A version without its document."""
    connection = await driver(session)
    return await connection.fetchrow(_VERSIONS + ("WHERE version = $1 FOR UPDATE" if lock else "WHERE version = $1"), version)


async def versions(session: Session, *, before: int | None, limit: int) -> list[asyncpg.Record]:
    """Versions without their documents, latest first, below version `before`."""
    connection = await driver(session)
    return await connection.fetch(
        _VERSIONS + "WHERE $1::int IS NULL OR version < $1 ORDER BY version DESC LIMIT $2", before, limit
    )


async def versions_in_force(session: Session, *, today: date) -> list[asyncpg.Record]:
    """For each currency the version in force on a day, without its document."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT DISTINCT ON (currency) version, status, currency, effective_from, digest, drafted_by, drafted_at,
               approved_by, approved_at, closed_by, closed_at, closed_because
        FROM policy WHERE status = 'published' AND effective_from <= $1
        ORDER BY currency, effective_from DESC, version DESC
        """,
        today,
    )


async def currencies(session: Session) -> set[str]:
    """Currencies that have a published policy, in force or to come. Holds the lock on policy versions until commit."""
    connection = await driver(session)
    await _lock(connection)
    rows = await connection.fetch("SELECT DISTINCT currency FROM policy WHERE status = 'published'")
    return {row["currency"] for row in rows}


async def add(session: Session, draft: Draft, *, now: datetime) -> int:
    """Store a draft under the next version."""
    connection = await driver(session)
    await _lock(connection)
    version: int = await connection.fetchval(
        """
        INSERT INTO policy (version, status, currency, effective_from, document, digest, drafted_by, drafted_at)
        SELECT coalesce(max(version), 0) + 1, 'draft', $1, $2, $3::text::jsonb, $4, $5, $6 FROM policy RETURNING version
        """,
        draft.currency,
        draft.effective_from,
        canonical(draft.document).decode(),
        draft.digest,
        draft.drafted_by,
        now,
    )
    return version


async def publish(session: Session, version: int, *, approved_by: str, now: datetime) -> None:
    """Make a draft a published policy."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE policy SET status = 'published', approved_by = $2, approved_at = $3 WHERE version = $1", version, approved_by, now
    )


async def close(session: Session, version: int, *, status: str, by: str, because: str | None, now: datetime) -> None:
    """A draft ends without approval: `withdrawn` by its author or `rejected` by another person, with the reason."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE policy SET status = $2, closed_by = $3, closed_because = $4, closed_at = $5 WHERE version = $1",
        version,
        status,
        by,
        because,
        now,
    )


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """One writer of versions at a time, so that they count 1, 2, 3, …"""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('tiering.policy'))")
