"""What the gate keeps of customers, from profile's events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import Fen


@dataclass(frozen=True, slots=True)
class Record:
    """A customer's record."""

    customer_id: UUID
    birth_date: date
    branch: str
    adviser_no: str | None


async def put_records(session: Session, records: Sequence[Record]) -> None:
    """Keep the latest records; of several on one customer the last."""
    latest = {record.customer_id: record for record in records}
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO gate_customer (customer_id, birth_date, branch, adviser_no)
        SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[]) AS r(id, born, branch, adviser) ORDER BY id
        ON CONFLICT (customer_id) DO UPDATE
        SET birth_date = excluded.birth_date, branch = excluded.branch, adviser_no = excluded.adviser_no
        """,
        list(latest),
        [record.birth_date for record in latest.values()],
        [record.branch for record in latest.values()],
        [record.adviser_no for record in latest.values()],
    )


async def put_assets(session: Session, assets: Sequence[tuple[UUID, Fen, date]]) -> None:
    """Keep the latest financial assets as `(customer, fen, day)`; an older day does not replace a later one."""
    latest = {customer_id: (fen, day) for customer_id, fen, day in assets}
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO gate_customer AS c (customer_id, assets_fen, assets_on)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::date[]) AS a(id, fen, day) ORDER BY id
        ON CONFLICT (customer_id) DO UPDATE SET assets_fen = excluded.assets_fen, assets_on = excluded.assets_on
        WHERE c.assets_on IS NULL OR c.assets_on <= excluded.assets_on
        """,
        list(latest),
        [fen for fen, _ in latest.values()],
        [day for _, day in latest.values()],
    )


async def belonging(session: Session, customer_id: UUID) -> asyncpg.Record | None:
    """Whose customer it is: adviser and branch."""
    connection = await driver(session)
    return await connection.fetchrow("SELECT adviser_no, branch FROM gate_customer WHERE customer_id = $1", customer_id)
