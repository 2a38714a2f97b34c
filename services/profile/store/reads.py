"""What a customer's pages show: accounts and facts."""

from uuid import UUID

import asyncpg

from chassis.database import Session, driver


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
