"""Every query of the gate's answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson

from chassis.database import Session, driver

Json: TypeAlias = dict[str, Any]  # Any: JSON

_COLUMNS = """
id, customer_id, product_code, sale_no, outcome, items::text AS items, inputs::text AS inputs, policy_version, logic_version,
moment, checked_by, checked_at
"""


async def add(
    session: Session,
    *,
    check_id: UUID,
    customer_id: UUID,
    product_code: str,
    sale_no: str | None,
    outcome: str,
    items: Sequence[Json],
    inputs: Json,
    versions: tuple[int, int],
    moment: datetime,
    checked_by: str,
    now: datetime,
) -> None:
    """Keep an answer; `versions` are those of the policy and of the rules' logic."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO suitability_check (id, customer_id, product_code, sale_no, outcome, items, inputs, policy_version,
                                       logic_version, moment, checked_by, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb, $8, $9, $10, $11, $12)
        """,
        check_id,
        customer_id,
        product_code,
        sale_no,
        outcome,
        orjson.dumps(list(items)).decode(),
        orjson.dumps(inputs).decode(),
        *versions,
        moment,
        checked_by,
        now,
    )


async def get(session: Session, check_id: UUID) -> asyncpg.Record | None:
    """One answer; `items` and `inputs` as JSON text."""
    connection = await driver(session)
    return await connection.fetchrow(f"SELECT {_COLUMNS} FROM suitability_check WHERE id = $1", check_id)  # noqa: S608 - constant


async def of_customer(
    session: Session, customer_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """A customer's answers, latest first, before a place in that order."""
    connection = await driver(session)
    at, check_id = before if before is not None else (None, None)
    return await connection.fetch(
        f"""
        SELECT {_COLUMNS} FROM suitability_check
        WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (checked_at, id) < ($2, $3::uuid))
        ORDER BY checked_at DESC, id DESC LIMIT $4
        """,  # noqa: S608 - constant
        customer_id,
        at,
        check_id,
        limit,
    )


async def allowed_customers(session: Session, product_code: str) -> list[asyncpg.Record]:
    """Customers to whom the product was allowed, with the level of their latest assessment that counts; None without one."""
    connection = await driver(session)
    return await connection.fetch(
        """
        SELECT c.customer_id, a.level
        FROM (SELECT DISTINCT customer_id FROM suitability_check WHERE product_code = $1 AND outcome = 'allow') AS c
        LEFT JOIN LATERAL (
            SELECT level FROM risk_assessment
            WHERE customer_id = c.customer_id AND confirmed_at IS NOT NULL ORDER BY assessed_at DESC LIMIT 1
        ) AS a ON true
        ORDER BY c.customer_id
        """,
        product_code,
    )
