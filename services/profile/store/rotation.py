"""Rows of a rotation of keys, a block of customers at a time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from services.profile.vault import WrappedKey

RESEALED = ("name_sealed", "id_number_sealed", "phone_sealed", "email_sealed", "address_sealed", "person_index")
"""Columns of a customer that are written again under a new data key."""

_SETS = ", ".join(f"{name} = n.{name}" for name in RESEALED)
_ARRAYS = ", ".join(f"${place}::bytea[]" for place in range(2, len(RESEALED) + 2))
_PUT_SEALED = f"""
UPDATE customer c SET {_SETS}
FROM unnest($1::uuid[], {_ARRAYS}) AS n(id, {", ".join(RESEALED)}) WHERE c.id = n.id
"""  # noqa: S608  # column names of this module only


async def begin(session: Session, rotation_id: UUID, *, master_version: int, data: bool, now: datetime) -> None:
    """A row for a rotation that begins. Raises asyncpg's UniqueViolationError while another one runs."""
    await (await driver(session)).execute(
        "INSERT INTO key_rotation (id, master_version, data, state, started_at) VALUES ($1, $2, $3, 'running', $4)",
        rotation_id,
        master_version,
        data,
        now,
    )


async def running(session: Session) -> bool:
    """Whether a rotation is on its way."""
    return bool(await (await driver(session)).fetchval("SELECT EXISTS (SELECT FROM key_rotation WHERE state = 'running')"))


async def find(session: Session, rotation_id: UUID) -> asyncpg.Record | None:
    """A rotation's row."""
    return await (await driver(session)).fetchrow("SELECT * FROM key_rotation WHERE id = $1", rotation_id)


async def latest(session: Session) -> asyncpg.Record | None:
    """The rotation that began last."""
    return await (await driver(session)).fetchrow("SELECT * FROM key_rotation ORDER BY id DESC LIMIT 1")


async def block(session: Session, *, older_than: int, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """The next customers whose key lies under an older master key, locked, in the order of their ids."""
    return await (await driver(session)).fetch(
        "SELECT c.id, c.id_type, c.name_sealed, c.id_number_sealed, c.phone_sealed, c.email_sealed, c.address_sealed,"
        " k.version AS key_version, k.master_version, k.wrapped"
        " FROM customer c JOIN data_key k ON k.customer_id = c.id"
        " WHERE ($1::uuid IS NULL OR c.id > $1) AND k.master_version < $3 ORDER BY c.id LIMIT $2 FOR UPDATE OF c, k",
        after,
        limit,
        older_than,
    )


async def cards(session: Session, customer_ids: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """Accounts with a sealed card, locked, by customer."""
    rows = await (await driver(session)).fetch(
        "SELECT id, customer_id, card_no_sealed FROM account"
        " WHERE customer_id = ANY($1) AND card_no_sealed IS NOT NULL ORDER BY id FOR UPDATE",
        list(customer_ids),
    )
    found: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        found[row["customer_id"]].append(row)
    return found


async def put_keys(session: Session, keys: Sequence[tuple[UUID, WrappedKey]]) -> None:
    """Each customer's one key in place of the one before."""
    await (await driver(session)).execute(
        "UPDATE data_key k SET version = n.version, master_version = n.master_version, wrapped = n.wrapped"
        " FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bytea[]) AS n(customer_id, version, master_version, wrapped)"
        " WHERE k.customer_id = n.customer_id",
        [customer_id for customer_id, _ in keys],
        [key.version for _, key in keys],
        [key.master_version for _, key in keys],
        [key.wrapped for _, key in keys],
    )


async def put_sealed(session: Session, rows: Sequence[tuple[object, ...]]) -> None:
    """Ciphertexts of customers: (id, and the columns of `RESEALED`)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await (await driver(session)).execute(_PUT_SEALED, *columns)


async def put_cards(session: Session, rows: Sequence[tuple[UUID, bytes]]) -> None:
    """Ciphertexts of accounts' cards."""
    await (await driver(session)).execute(
        "UPDATE account a SET card_no_sealed = n.sealed FROM unnest($1::uuid[], $2::bytea[]) AS n(id, sealed) WHERE a.id = n.id",
        [account_id for account_id, _ in rows],
        [sealed for _, sealed in rows],
    )


async def count(session: Session, rotation_id: UUID, customers: int) -> None:
    """Note how many customers were taken over."""
    await (await driver(session)).execute(
        "UPDATE key_rotation SET customers = customers + $2 WHERE id = $1", rotation_id, customers
    )


async def older_keys(session: Session, master_version: int) -> bool:
    """Whether a data key lies under an older master key."""
    return bool(
        await (await driver(session)).fetchval("SELECT EXISTS (SELECT FROM data_key WHERE master_version < $1)", master_version)
    )


async def finish(session: Session, rotation_id: UUID, *, now: datetime) -> None:
    """The rotation is done."""
    await (await driver(session)).execute(
        "UPDATE key_rotation SET state = 'done', finished_at = $2 WHERE id = $1", rotation_id, now
    )


async def keys_by_master(session: Session) -> dict[int, int]:
    """How many data keys lie under each master version."""
    rows = await (await driver(session)).fetch("SELECT master_version, count(*) AS keys FROM data_key GROUP BY master_version")
    return {row["master_version"]: row["keys"] for row in rows}
