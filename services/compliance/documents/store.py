"""Every query of policy documents."""

import hashlib
from datetime import date, datetime

import asyncpg
import orjson

from chassis.database import Session, driver
from services.compliance.documents.kinds import Document

_VERSIONS = """
SELECT kind, version, status, effective_from, digest, drafted_by, drafted_at, approved_by, approved_at FROM policy_document
"""


def canonical(document: Document) -> bytes:
    """The document's canonical bytes: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def digest(document: Document) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


async def in_force(session: Session, *, kind: str, day: date) -> tuple[int, Document] | None:
    """Version and document that are in force on a day."""
    connection = await driver(session)
    row = await connection.fetchrow(
        """
        SELECT version, document::text AS document FROM policy_document
        WHERE kind = $1 AND status = 'published' AND effective_from <= $2
        ORDER BY effective_from DESC, version DESC LIMIT 1
        """,
        kind,
        day,
    )
    return None if row is None else (row["version"], orjson.loads(row["document"]))


async def document_of(session: Session, *, kind: str, version: int) -> Document | None:
    """The document of one version."""
    connection = await driver(session)
    text = await connection.fetchval("SELECT document::text FROM policy_document WHERE kind = $1 AND version = $2", kind, version)
    return None if text is None else orjson.loads(text)


async def version_of(session: Session, *, kind: str, version: int, lock: bool = False) -> asyncpg.Record | None:
    """A version without its document."""
    connection = await driver(session)
    tail = " FOR UPDATE" if lock else ""
    return await connection.fetchrow(_VERSIONS + "WHERE kind = $1 AND version = $2" + tail, kind, version)


async def versions(session: Session, *, kind: str, before: int | None, limit: int) -> list[asyncpg.Record]:
    """Versions without their documents, latest first, below version `before`."""
    connection = await driver(session)
    return await connection.fetch(
        _VERSIONS + "WHERE kind = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3", kind, before, limit
    )


async def missing(session: Session, kinds: list[str]) -> list[str]:
    """Those of `kinds` of which nothing is published. Holds the lock on versions until commit."""
    connection = await driver(session)
    await _lock(connection)
    rows = await connection.fetch("SELECT DISTINCT kind FROM policy_document WHERE status = 'published'")
    have = {row["kind"] for row in rows}
    return [kind for kind in kinds if kind not in have]


async def add(session: Session, *, kind: str, document: Document, effective_from: date, drafted_by: str, now: datetime) -> int:
    """Store a draft under the next version of its kind."""
    connection = await driver(session)
    await _lock(connection)
    version: int = await connection.fetchval(
        """
        INSERT INTO policy_document (kind, version, status, effective_from, document, digest, drafted_by, drafted_at)
        SELECT $1, coalesce(max(version), 0) + 1, 'draft', $2, $3::text::jsonb, $4, $5, $6
        FROM policy_document WHERE kind = $1 RETURNING version
        """,
        kind,
        effective_from,
        canonical(document).decode(),
        digest(document),
        drafted_by,
        now,
    )
    return version


async def publish(session: Session, *, kind: str, version: int, approved_by: str, now: datetime) -> None:
    """Make a draft a published version."""
    connection = await driver(session)
    await connection.execute(
        "UPDATE policy_document SET status = 'published', approved_by = $3, approved_at = $4 WHERE kind = $1 AND version = $2",
        kind,
        version,
        approved_by,
        now,
    )


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """One writer of versions at a time, so that they count 1, 2, 3, …"""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('compliance.policy_document'))")
