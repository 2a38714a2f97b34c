"""What the end of a relation is reckoned from, and the statements that take a person out of the records."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from services.profile.rules.retention import Relation

_PERSON = "SELECT $1::uuid AS id UNION SELECT id FROM customer WHERE merged_into = $1"
"""The customer's record and those that were merged into it."""


async def relation(session: Session, customer_id: UUID) -> Relation:
    """Accounts and bookings of the person, all records together."""
    row = await (await driver(session)).fetchrow(
        f"WITH person AS ({_PERSON}), held AS (SELECT a.id, a.closed_on FROM account a JOIN person p ON p.id = a.customer_id)"  # noqa: S608  # a statement of ours
        " SELECT (SELECT min(c.opened_on) FROM customer c JOIN person p ON p.id = c.id) AS opened_on,"
        " (SELECT count(*) FROM held WHERE closed_on IS NULL) AS open_accounts,"
        " (SELECT max(closed_on) FROM held) AS last_closed_on,"
        " (SELECT max(t.day) FROM transaction t JOIN held h ON h.id = t.account_id) AS last_booked_on",
        customer_id,
    )
    assert row is not None  # aggregates give one row
    return Relation(**row)


async def lock_person(session: Session, customer_id: UUID) -> list[asyncpg.Record]:
    """The person's records that are not forgotten yet, locked in the order of their ids."""
    return await (await driver(session)).fetch(
        f"SELECT id FROM customer WHERE id IN ({_PERSON}) AND forgotten_at IS NULL ORDER BY id FOR UPDATE",  # noqa: S608  # as above
        customer_id,
    )


async def restrict(session: Session, customer_id: UUID, *, until: date) -> bool:
    """Note until when the law keeps the record. Returns False when that was known."""
    status = await (await driver(session)).execute(
        "UPDATE customer SET restricted_until = $2 WHERE id = $1 AND restricted_until IS DISTINCT FROM $2", customer_id, until
    )
    return status != "UPDATE 0"


async def erase(session: Session, customer_id: UUID, *, now: datetime) -> list[asyncpg.Record]:
    """Take the person out of all tables; the records that are left, without anything that names or describes somebody."""
    connection = await driver(session)
    await connection.execute(f"DELETE FROM data_key WHERE customer_id IN ({_PERSON})", customer_id)  # noqa: S608  # as above
    for table in ("fact", "assessment", "behaviour"):
        await connection.execute(f"DELETE FROM {table} WHERE customer_id IN ({_PERSON})", customer_id)  # noqa: S608  # as above
    await connection.execute(
        "UPDATE account SET account_index = '', card_no_sealed = NULL, card_index = NULL"  # noqa: S608  # as above
        f" WHERE customer_id IN ({_PERSON})",
        customer_id,
    )
    return await connection.fetch(
        "UPDATE customer SET id_type = 'none', name_sealed = '', id_number_sealed = NULL, id_number_index = NULL,"  # noqa: S608  # as above
        " person_index = NULL, phone_sealed = NULL, phone_index = NULL, email_sealed = NULL, address_sealed = NULL,"
        " identity_digest = '', birth_date = date_trunc('year', birth_date)::date, adviser_no = NULL, occupation = NULL,"
        " employer_no = NULL, household_id = NULL, referral_code = NULL, restricted_until = NULL, forgotten_at = $2,"
        f" changes = changes + 1 WHERE id IN ({_PERSON}) AND forgotten_at IS NULL"
        " RETURNING id, changes, branch, birth_date, sex, opened_on",
        customer_id,
        now,
    )
