"""Loads customers and accounts: the kinds whose rows hold something that is sealed.

New customers get an id and a data key; changed identities are sealed again under the key that is there. Nothing
readable reaches a statement, a temporary table or an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg
import polars as pl

from chassis.database import Session, driver
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.profile import CustomerChanged, CustomerRegistered
from contracts.values import RuleBroken
from services.profile.importing.checking import LINE, PROBLEMS
from services.profile.importing.loading import Loaded, load, stage
from services.profile.importing.targets import TARGETS
from services.profile.rules.identity import IdentityTaken
from services.profile.rules.standing import CustomerForgotten
from services.profile.store.customers import ATTRIBUTES, households, lock_registration
from services.profile.vault import Identity, Vault, WrappedKey

SEALED = {
    "name_sealed": "bytea",
    "id_number_sealed": "bytea",
    "id_number_index": "bytea",
    "person_index": "bytea",
    "phone_sealed": "bytea",
    "phone_index": "bytea",
    "email_sealed": "bytea",
    "address_sealed": "bytea",
    "identity_digest": "bytea",
}
STAGED = {
    "id": "uuid",
    "customer_no": "text",
    **ATTRIBUTES,
    **SEALED,
    "key_version": "int",
    "master_version": "int",
    "wrapped": "bytea",
}
_POLARS = {"uuid": pl.String, "text": pl.String, "date": pl.Date, "bytea": pl.Binary, "int": pl.Int64}

_INSERT = f"""
WITH fresh AS (
    INSERT INTO customer (id, customer_no, {", ".join([*ATTRIBUTES, *SEALED])})
    SELECT id, customer_no, {", ".join([*ATTRIBUTES, *SEALED])} FROM staged WHERE wrapped IS NOT NULL
)
INSERT INTO data_key (customer_id, version, master_version, wrapped)
SELECT id, key_version, master_version, wrapped FROM staged WHERE wrapped IS NOT NULL
"""  # noqa: S608  # column names of this module only
_UPDATE = f"""
UPDATE customer c SET changes = c.changes + 1, {", ".join(f"{name} = s.{name}" for name in ATTRIBUTES)},
    {", ".join(f"{name} = CASE WHEN s.name_sealed IS NULL THEN c.{name} ELSE s.{name} END" for name in SEALED)}
FROM staged s WHERE s.wrapped IS NULL AND c.id = s.id
RETURNING c.id, c.changes
"""  # noqa: S608  # column names of this module only


@dataclass
class _Row:
    """A customer of the batch on its way in. `key` is set for new ones, `version` for changed ones after the write."""

    id: UUID
    customer_no: str
    attributes: dict[str, object]
    sealed: dict[str, bytes | None]
    key: WrappedKey | None
    version: int = 1


async def load_customers(session: Session, rows: pl.DataFrame, vault: Vault) -> Loaded:
    """Upsert checked customers and emit `registered` (imported) for new and `changed` for corrected ones."""
    connection = await driver(session)
    await lock_registration(session, exclusive=True)
    rows, forgotten = await _without_forgotten(connection, rows)
    rows, taken = await _without_taken(connection, rows, vault)
    problems = pl.concat([forgotten, taken])
    known = await _known(connection, rows["customer_no"].to_list())
    homes = await households(session, rows["household_no"].drop_nulls().unique().to_list())
    written = [
        row for record in rows.iter_rows(named=True) if (row := _row(record, known.get(record["customer_no"]), homes, vault))
    ]
    await _write(connection, written)
    await emit(session, *(_event(row) for row in written))
    created = sum(row.key is not None for row in written)
    return Loaded(created, len(written) - created, problems)


async def _without_taken(
    connection: "asyncpg.Connection[asyncpg.Record]", rows: pl.DataFrame, vault: Vault
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out rows whose identity number another customer has, in the database or earlier in the batch."""
    pairs = zip(rows["id_type"].to_list(), rows["id_number"].to_list(), strict=True)
    indexes = [vault.id_number_index(id_type, number) for id_type, number in pairs]
    given = [index for index in indexes if index is not None]
    stored = await connection.fetch("SELECT id_number_index, customer_no FROM customer WHERE id_number_index = ANY($1)", given)
    owners: dict[bytes, str] = {bytes(row["id_number_index"]): row["customer_no"] for row in stored}
    taken = [
        index is not None and owners.setdefault(index, number) != number
        for index, number in zip(indexes, rows["customer_no"].to_list(), strict=True)
    ]
    return _left_out(rows, pl.Series(taken, dtype=pl.Boolean), "id_number", IdentityTaken)


async def _without_forgotten(
    connection: "asyncpg.Connection[asyncpg.Record]", rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out customers who were forgotten: a feed that still names them does not bring them back (PIPL art. 47)."""
    gone = await connection.fetch(
        "SELECT customer_no FROM customer WHERE customer_no = ANY($1) AND forgotten_at IS NOT NULL", rows["customer_no"].to_list()
    )
    return _left_out(rows, rows["customer_no"].is_in([row["customer_no"] for row in gone]), "customer_no", CustomerForgotten)


def _left_out(rows: pl.DataFrame, mask: pl.Series, field: str, broken: type[RuleBroken]) -> tuple[pl.DataFrame, pl.DataFrame]:
    lines = rows.filter(mask)[LINE].to_list()
    columns = {"field": field, "rule": broken.rule, "fix": broken.fix}
    problems = pl.DataFrame({LINE: lines, **{name: [text] * len(lines) for name, text in columns.items()}}, schema=PROBLEMS)
    return rows.filter(~mask), problems


async def _known(connection: "asyncpg.Connection[asyncpg.Record]", numbers: Sequence[str]) -> dict[str, asyncpg.Record]:
    stored = await connection.fetch(
        f"SELECT c.id, c.customer_no, c.identity_digest, {', '.join(f'c.{name}' for name in ATTRIBUTES)},"  # noqa: S608  # names and statements of ours only
        " k.version, k.master_version, k.wrapped"
        " FROM customer c JOIN data_key k ON k.customer_id = c.id WHERE c.customer_no = ANY($1) FOR UPDATE OF c",
        list(numbers),
    )
    return {row["customer_no"]: row for row in stored}


def _row(record: dict[str, object], stored: asyncpg.Record | None, homes: dict[str, UUID], vault: Vault) -> _Row | None:
    """What has to be written for a record; None when the database says the same already."""
    identity = identity_of(record)
    attributes = {name: record.get(name) for name in ATTRIBUTES}
    attributes["household_id"] = homes.get(str(record["household_no"]))
    if stored is None:
        customer_id = new_id()
        key, sealer = vault.new_key(customer_id)
        sealed = vars(vault.seal(sealer, customer_id, identity))
        return _Row(customer_id, str(record["customer_no"]), attributes, sealed, key)
    same_identity = bytes(stored["identity_digest"]) == vault.digest(identity)
    if same_identity and all(stored[name] == value for name, value in attributes.items()):
        return None
    none: dict[str, bytes | None] = dict.fromkeys(SEALED)
    key = WrappedKey(stored["version"], stored["master_version"], bytes(stored["wrapped"]))
    sealed = none if same_identity else vars(vault.seal(vault.sealer(stored["id"], key), stored["id"], identity))
    return _Row(stored["id"], str(record["customer_no"]), attributes, sealed, None)


def identity_of(record: dict[str, object]) -> Identity:
    """The identity in a checked record."""

    def text(name: str) -> str | None:
        value = record.get(name)
        return None if value is None else str(value)

    return Identity(
        id_type=str(record["id_type"]),
        name=text("name") or "",
        id_number=text("id_number"),
        phone=text("phone"),
        email=text("email"),
        address=text("address"),
    )


async def _write(connection: "asyncpg.Connection[asyncpg.Record]", rows: list[_Row]) -> None:
    records = [
        {
            LINE: place,
            "id": str(row.id),
            "customer_no": row.customer_no,
            **row.attributes,
            "household_id": None if row.attributes["household_id"] is None else str(row.attributes["household_id"]),
            **row.sealed,
            "key_version": row.key.version if row.key else None,
            "master_version": row.key.master_version if row.key else None,
            "wrapped": row.key.wrapped if row.key else None,
        }
        for place, row in enumerate(rows)
    ]
    schema = {LINE: pl.Int64, **{name: _POLARS[kind] for name, kind in STAGED.items()}}
    await stage(connection, pl.DataFrame(records, schema=schema), STAGED)
    await connection.execute(_INSERT)
    versions = {row["id"]: row["changes"] for row in await connection.fetch(_UPDATE)}
    for row in rows:
        row.version = versions.get(row.id, 1)


def _event(row: _Row) -> CustomerRegistered | CustomerChanged:
    state = {
        name: row.attributes[name]
        for name in ("branch", "birth_date", "sex", "opened_on", "adviser_no", "household_id", "occupation")
    }
    if row.key is None:
        return CustomerChanged.model_validate({"customer_id": row.id, "version": row.version, **state})
    return CustomerRegistered.model_validate(
        {
            "customer_id": row.id,
            "version": 1,
            "referral_code": row.attributes["referral_code"],
            "imported": True,
            **state,
        }
    )


async def load_accounts(session: Session, rows: pl.DataFrame, vault: Vault) -> Loaded:
    """Upsert checked accounts; card numbers are sealed under their customer's key, bound to the account's row."""
    connection = await driver(session)
    await lock_registration(session, exclusive=True)
    ids = {row["account_no"]: row["id"] for row in await connection.fetch(
        "SELECT account_no, id FROM account WHERE account_no = ANY($1) FOR UPDATE", rows["account_no"].to_list()
    )}  # fmt: skip
    holders = rows.filter(pl.col("card_no").is_not_null())["customer_no"].unique().to_list()
    keys = {row["customer_no"]: row for row in await connection.fetch(
        "SELECT c.customer_no, k.customer_id AS id, k.version, k.master_version, k.wrapped FROM customer c"
        " JOIN data_key k ON k.customer_id = coalesce(c.merged_into, c.id) WHERE c.customer_no = ANY($1)", holders,
    )}  # fmt: skip
    sealed = [
        _account(number, customer, card, ids.get(number), keys.get(customer), vault)
        for number, customer, card in rows.select("account_no", "customer_no", "card_no").iter_rows()
    ]
    schema = {"id": pl.String, "account_index": pl.Binary, "card_no_sealed": pl.Binary, "card_index": pl.Binary}
    extra = pl.DataFrame(sealed, schema=schema, orient="row")
    return await load(session, rows.hstack(extra), TARGETS["accounts"])


def _account(
    number: str,
    customer_no: str,
    card: str | None,
    account_id: UUID | None,
    holder: asyncpg.Record | None,
    vault: Vault,
) -> tuple[str, bytes, bytes | None, bytes | None]:
    account_id = account_id or new_id()
    index = vault.blinder.index("account", number)
    if card is None or holder is None:  # an unknown customer is reported by the load itself
        return str(account_id), index, None, None
    key = WrappedKey(holder["version"], holder["master_version"], bytes(holder["wrapped"]))
    sealed = vault.sealer(holder["id"], key).seal("account", "card_no", account_id, card)
    return str(account_id), index, sealed, vault.blinder.index("card", card)


def with_counterparties(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Replace the other account's number, which may be a card elsewhere, by its keyed hash."""
    numbers = rows["counterparty_account_no"].drop_nulls().unique().to_list()
    hashed = pl.DataFrame(
        {
            "counterparty_account_no": numbers,
            "counterparty_index": [vault.blinder.index("account", number) for number in numbers],
        },
        schema={"counterparty_account_no": pl.String, "counterparty_index": pl.Binary},
    )
    return rows.join(hashed, on="counterparty_account_no", how="left", maintain_order="left")


def last_day(rows: pl.DataFrame) -> date | None:
    """The latest booking day in the rows."""
    latest = rows["day"].max() if "day" in rows.columns and rows.height else None
    return latest if isinstance(latest, date) else None
