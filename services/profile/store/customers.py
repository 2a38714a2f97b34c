"""Customers: registration lock, single rows, households, lists within reach, exact search."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.ids import new_id
from services.profile.vault import SealedIdentity, WrappedKey

ATTRIBUTES = {
    "id_type": "text",
    "birth_date": "date",
    "sex": "text",
    "branch": "text",
    "opened_on": "date",
    "adviser_no": "text",
    "occupation": "text",
    "employer_no": "text",
    "household_id": "uuid",
    "referral_code": "text",
}
"""Columns of a customer that name nobody, with their SQL types."""

_REGISTRATION = 0x5052_0001

_COLUMNS = f"""c.id, c.customer_no, {", ".join(f"c.{name}" for name in ATTRIBUTES)}, c.name_sealed, c.id_number_sealed,
    c.phone_sealed, c.email_sealed, c.address_sealed, c.identity_digest, c.changes, h.household_no,
    k.version AS key_version, k.master_version, k.wrapped"""
_FROM = "FROM customer c JOIN data_key k ON k.customer_id = c.id LEFT JOIN household h ON h.id = c.household_id"


async def lock_registration(session: Session, *, exclusive: bool) -> None:
    """Until the end of the transaction. A bulk load decides who is new before it writes, so it must be alone; registrations
    of single customers only keep it out."""
    kind = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    await (await driver(session)).execute(f"SELECT {kind}({_REGISTRATION})")


async def households(session: Session, numbers: Sequence[str]) -> dict[str, UUID]:
    """Ids of households by number; those that are not there yet are made."""
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO household (id, household_no) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING",
        [new_id() for _ in numbers],
        list(numbers),
    )
    rows = await connection.fetch("SELECT household_no, id FROM household WHERE household_no = ANY($1)", list(numbers))
    return {row["household_no"]: row["id"] for row in rows}


async def insert(
    session: Session,
    customer_id: UUID,
    customer_no: str,
    attributes: dict[str, object],
    sealed: SealedIdentity,
    key: WrappedKey,
) -> None:
    """A new customer with its data key."""
    connection = await driver(session)
    row = {"id": customer_id, "customer_no": customer_no, **attributes, **asdict(sealed)}
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await connection.execute(
        f"INSERT INTO customer ({', '.join(row)}) VALUES ({places})",  # noqa: S608  # column names of ours
        *row.values(),
    )
    await connection.execute(
        "INSERT INTO data_key (customer_id, version, master_version, wrapped) VALUES ($1, $2, $3, $4)",
        customer_id,
        key.version,
        key.master_version,
        key.wrapped,
    )


async def update(session: Session, customer_id: UUID, values: dict[str, object]) -> int:
    """Write columns of a customer whose row is locked; the number of this change."""
    connection = await driver(session)
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
    changes = await connection.fetchval(
        f"UPDATE customer SET changes = changes + 1, {sets} WHERE id = $1 RETURNING changes",  # noqa: S608  # names and statements of ours only
        customer_id,
        *values.values(),
    )
    return int(changes)


async def numbers_taken(session: Session, customer_no: str | None, person_index: bytes | None) -> list[asyncpg.Record]:
    """Customers that have the customer number, or the identity number in any of its forms, already: `id`, `customer_no`."""
    connection = await driver(session)
    return await connection.fetch(
        "SELECT id, customer_no FROM customer WHERE customer_no = $1 OR person_index = $2",
        customer_no,
        person_index,
    )


async def find(session: Session, customer_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    """One customer with its wrapped key and household number."""
    connection = await driver(session)
    return await connection.fetchrow(
        f"SELECT {_COLUMNS} {_FROM} WHERE c.id = $1 {'FOR UPDATE OF c' if lock else ''}", customer_id
    )


async def page(
    session: Session, *, branch: str | None, staff_no: str | None, now: object, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Up to `limit` + 1 customers in the order of their ids, within a branch, or those whom a staff member serves."""
    connection = await driver(session)
    served = (
        "(c.adviser_no = $2 OR EXISTS (SELECT FROM assignment t WHERE t.customer_id = c.id AND t.staff_no = $2 AND t.until > $3))"
    )
    return await connection.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE ($1::text IS NULL OR c.branch = $1) AND ($2::text IS NULL OR {served})"
        " AND c.merged_into IS NULL AND $3::timestamptz IS NOT NULL AND ($4::uuid IS NULL OR c.id > $4) ORDER BY c.id LIMIT $5",
        branch,
        staff_no,
        now,
        after,
        limit + 1,
    )


async def search(
    session: Session, *, id_number: bytes | None, phone: bytes | None, card: bytes | None, limit: int
) -> list[asyncpg.Record]:
    """Customers with exactly this identity number, phone or card, by their keyed hashes; the survivor of a merged record."""
    connection = await driver(session)
    return await connection.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE c.id IN ("  # noqa: S608  # names and statements of ours only
        " SELECT coalesce(merged_into, id) FROM customer WHERE person_index = $1"
        " UNION SELECT coalesce(merged_into, id) FROM customer WHERE phone_index = $2"
        " UNION SELECT customer_id FROM account WHERE card_index = $3) ORDER BY c.id LIMIT $4",
        id_number,
        phone,
        card,
        limit,
    )
