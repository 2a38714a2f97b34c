"""What a customer's pages show: accounts, facts, measures, signals, and the bank's counts."""

from datetime import date
from typing import TypeAlias
from uuid import UUID

import asyncpg

from chassis.database import Session, driver

Row: TypeAlias = asyncpg.Record


async def accounts(session: Session, customer_id: UUID) -> list[asyncpg.Record]:
    """Accounts with product and latest closing balance, and the customer's key as of the same moment."""
    return await (await driver(session)).fetch(
        "SELECT a.id, a.customer_id, k.version AS key_version, k.master_version, k.wrapped,"
        " a.account_no, a.product_code, p.class AS product_class, p.risk_level, a.currency, a.opened_on, a.closed_on,"
        " a.card_no_sealed, b.day AS balance_day, b.fen AS balance_fen"
        " FROM account a JOIN product p ON p.code = a.product_code JOIN data_key k ON k.customer_id = a.customer_id"
        " LEFT JOIN LATERAL (SELECT day, fen FROM balance WHERE account_id = a.id ORDER BY day DESC LIMIT 1) b ON true"
        " WHERE a.customer_id = $1 ORDER BY a.opened_on, a.account_no",
        customer_id,
    )


async def facts(session: Session, customer_id: UUID) -> list[asyncpg.Record]:
    """All facts, by name and age."""
    return await (await driver(session)).fetch(
        "SELECT fact, value, since FROM fact WHERE customer_id = $1 ORDER BY fact, since, value", customer_id
    )


async def measures(session: Session, customer_id: UUID, as_of: date | None) -> asyncpg.Record | None:
    """The measures of a day, or the latest."""
    return await (await driver(session)).fetchrow(
        "SELECT * FROM measures WHERE customer_id = $1 AND ($2::date IS NULL OR as_of = $2) ORDER BY as_of DESC LIMIT 1",
        customer_id,
        as_of,
    )


async def signals(session: Session, customer_id: UUID, *, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Signals from the newest on, up to `limit` + 1; those of records that went into this one too."""
    return await (await driver(session)).fetch(
        "SELECT id, kind, subject, as_of, confidence_bp, evidence FROM signal"
        " WHERE customer_id IN (SELECT $1 UNION SELECT id FROM customer WHERE merged_into = $1)"
        " AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        customer_id,
        after,
        limit + 1,
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
