"""Every query on measures, signals, verdicts and the versions of rules, for the routes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from chassis.database import Session, driver

_RULES = """
SELECT version, rule, effective_from, drafted_by, drafted_at, approved_by, approved_at, document::text AS document
FROM signal_rule
"""


async def measures(session: Session, customer_id: UUID, day: date | None) -> asyncpg.Record | None:
    """The stored measures of a day, or the latest."""
    return await (await driver(session)).fetchrow(
        "SELECT * FROM measures WHERE customer_id = $1 AND ($2::date IS NULL OR as_of = $2) ORDER BY as_of DESC LIMIT 1",
        customer_id,
        day,
    )


async def signals(session: Session, customer_id: UUID, *, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Signals from the newest on with their verdicts, up to `limit` + 1; those of records that went into this one too."""
    return await (await driver(session)).fetch(
        "SELECT s.*, v.verdict, v.reason FROM signal s LEFT JOIN verdict v ON v.signal_id = s.id"
        " WHERE s.customer_id IN (SELECT $1 UNION SELECT id FROM customer WHERE merged_into = $1)"
        " AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3",
        customer_id,
        after,
        limit + 1,
    )


async def signal(session: Session, customer_id: UUID, signal_id: UUID) -> asyncpg.Record | None:
    """One signal of the customer, without evidence."""
    return await (await driver(session)).fetchrow(
        "SELECT id, kind, rule, rule_version FROM signal"
        " WHERE id = $1 AND customer_id IN (SELECT $2 UNION SELECT id FROM customer WHERE merged_into = $2)",
        signal_id,
        customer_id,
    )


async def signal_counts(session: Session, *, since: date | None, branch: str | None) -> list[asyncpg.Record]:
    """Signals by kind of the latest computed day, or of all days from `since` on; of one branch or all."""
    return await (await driver(session)).fetch(
        "SELECT s.kind, count(*) AS signals, count(DISTINCT s.customer_id) AS customers, max(s.as_of) AS as_of"
        " FROM signal s JOIN customer c ON c.id = s.customer_id"
        " WHERE s.as_of >= coalesce($1, (SELECT max(as_of) FROM signal)) AND ($2::text IS NULL OR c.branch = $2)"
        " GROUP BY s.kind ORDER BY signals DESC, s.kind",
        since,
        branch,
    )


async def precision(session: Session, *, since: date | None, branch: str | None) -> list[asyncpg.Record]:
    """For each rule: signals raised from `since` on, accepted, dismissed, open; of one branch or all."""
    return await (await driver(session)).fetch(
        """
        SELECT s.rule, s.kind, count(*) AS raised, count(*) FILTER (WHERE v.verdict = 'accepted') AS accepted,
            count(*) FILTER (WHERE v.verdict = 'dismissed') AS dismissed, count(*) FILTER (WHERE v.verdict IS NULL) AS open,
            (count(*) FILTER (WHERE v.verdict = 'accepted') * 10000 / nullif(count(v.verdict), 0))::int AS precision_bp
        FROM signal s
        JOIN customer c ON c.id = s.customer_id
        LEFT JOIN verdict v ON v.signal_id = s.id
        WHERE ($1::date IS NULL OR s.as_of >= $1) AND ($2::text IS NULL OR c.branch = $2)
        GROUP BY s.rule, s.kind
        ORDER BY s.rule, s.kind
        """,
        since,
        branch,
    )


async def add_verdict(
    session: Session, signal_id: UUID, *, verdict: str, reason: str, judged_by: str, judged_at: datetime
) -> bool:
    """Keep a verdict. False when there is one already."""
    status = await (await driver(session)).execute(
        "INSERT INTO verdict (signal_id, verdict, reason, judged_by, judged_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (signal_id) DO NOTHING",
        signal_id,
        verdict,
        reason,
        judged_by,
        judged_at,
    )
    return status == "INSERT 0 1"


async def add_rule(
    session: Session,
    *,
    rule: str,
    document: dict[str, Any],  # Any: a JSON document
    effective_from: date,
    drafted_by: str,
    drafted_at: datetime,
) -> int:
    """Keep a draft. Returns its version; versions are given one at a time."""
    connection = await driver(session)
    await connection.execute("LOCK TABLE signal_rule IN SHARE ROW EXCLUSIVE MODE")
    version: int = await connection.fetchval(
        "INSERT INTO signal_rule (version, rule, document, effective_from, drafted_by, drafted_at)"
        " SELECT coalesce(max(version), 0) + 1, $1, $2::text::jsonb, $3, $4, $5 FROM signal_rule RETURNING version",
        rule,
        orjson.dumps(document).decode(),
        effective_from,
        drafted_by,
        drafted_at,
    )
    return version


async def rule_version(session: Session, version: int, *, lock: bool = False) -> asyncpg.Record | None:
    """A version with its document as JSON text."""
    return await (await driver(session)).fetchrow(f"{_RULES} WHERE version = $1{' FOR UPDATE' if lock else ''}", version)


async def rule_versions(session: Session, *, before: int | None, limit: int) -> list[asyncpg.Record]:
    """Versions, latest first, below `before`."""
    return await (await driver(session)).fetch(
        f"{_RULES} WHERE $1::int IS NULL OR version < $1 ORDER BY version DESC LIMIT $2", before, limit
    )


async def approve_rule(session: Session, version: int, *, approved_by: str, approved_at: datetime) -> None:
    """Make a draft final."""
    await (await driver(session)).execute(
        "UPDATE signal_rule SET approved_by = $2, approved_at = $3 WHERE version = $1", version, approved_by, approved_at
    )
