"""Loads customers: learn what is stored, seal what is new or changed, write it as columns.

Nothing readable reaches a statement, a temporary table or an event. Learning and sealing may be done before the batch's own
transaction, so that they overlap with the writing of the batch before: the write then finds whether what was learned still holds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import asyncpg
import polars as pl

from chassis.database import Session, clock_of, driver
from chassis.ids import new_id
from chassis.outbox import Sealed, emit_sealed
from chassis.outbox import sealed as sealed_events
from contracts.events.profile import CustomerChanged, CustomerRegistered
from services.profile.importing.checking import no_problems, problems_of
from services.profile.importing.encoding import copy_stream
from services.profile.importing.loading import Written, copy_rows, stage
from services.profile.importing.references import Connection
from services.profile.rules.identity import IdentityTaken
from services.profile.rules.standing import CustomerForgotten
from services.profile.sealing import Sealer
from services.profile.store.customers import ATTRIBUTES, households, lock_registration
from services.profile.vault import DATA_KEY_VERSION, Identity, Vault, WrappedKey

SEALED = (
    "name_sealed",
    "id_number_sealed",
    "id_number_index",
    "person_index",
    "phone_sealed",
    "phone_index",
    "email_sealed",
    "address_sealed",
    "identity_digest",
)
TOLD = ("branch", "birth_date", "sex", "opened_on", "adviser_no", "household_id", "occupation")
"""What other services learn of a customer."""
_DATED = {**ATTRIBUTES, "dated": "date"}
_CUSTOMER = {"id": "uuid", "customer_no": "text", **_DATED, **dict.fromkeys(SEALED, "bytea")}
_KEY = {"id": "uuid", "version": "int", "master_version": "int", "wrapped": "bytea"}
_KEY_COLUMNS = {"customer_id" if name == "id" else name: kind for name, kind in _KEY.items()}
_CHANGED = {"id": "uuid", "differs": "bool", **_DATED, **dict.fromkeys(SEALED, "bytea")}
_POLARS: Mapping[str, pl.DataType] = {
    "uuid": pl.Binary(),
    "text": pl.String(),
    "date": pl.Date(),
    "bytea": pl.Binary(),
    "int": pl.Int64(),
    "bool": pl.Boolean(),
}
_UPDATE = f"""
UPDATE customer c SET changes = c.changes + s.differs::int, {", ".join(f"{name} = s.{name}" for name in _DATED)},
    {", ".join(f"{name} = CASE WHEN s.name_sealed IS NULL THEN c.{name} ELSE s.{name} END" for name in SEALED)}
FROM staged s WHERE c.id = s.id
"""  # noqa: S608  # column names of this module only


@dataclass(frozen=True)
class Known:
    """What the database says about a batch: customers by number, who has which identity number, households by number;
    and the time, which events bear."""

    customers: Mapping[str, asyncpg.Record]
    owners: Mapping[bytes, str]
    homes: Mapping[str, UUID]
    now: datetime


@dataclass
class ReadyCustomers:
    """A batch, sealed. `seen` are the stored customers that are to be changed, each with its number of changes and the version
    of its key at the time of comparing."""

    new: list[tuple[object, ...]] = field(default_factory=list)
    keys: list[tuple[object, ...]] = field(default_factory=list)
    changed: list[tuple[object, ...]] = field(default_factory=list)
    events: list[CustomerRegistered | CustomerChanged] = field(default_factory=list)
    seen: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    corrected: int = 0
    outdated: int = 0
    problems: pl.DataFrame = field(default_factory=no_problems)
    streams: dict[str, list[bytes]] = field(default_factory=dict)
    told: Sealed = field(default_factory=lambda: Sealed([], [], []))


async def learn_customers(session: Session, rows: pl.DataFrame, vault: Vault) -> Known:
    """Look up a batch; households that are not there yet are made."""
    indexes = await asyncio.to_thread(_indexes, rows, vault)
    connection = await driver(session)
    owners = await connection.fetch(
        "SELECT id_number_index, customer_no FROM customer WHERE id_number_index = ANY($1)",
        [index for index in indexes if index is not None],
    )
    stored = await connection.fetch(
        f"SELECT c.id, c.customer_no, c.identity_digest, c.changes, c.forgotten_at, {', '.join(f'c.{name}' for name in _DATED)},"  # noqa: S608  # names of ours only
        " k.version, k.master_version, k.wrapped"
        " FROM customer c LEFT JOIN data_key k ON k.customer_id = c.id WHERE c.customer_no = ANY($1)",
        rows["customer_no"].to_list(),
    )
    homes = await households(session, rows["household_no"].drop_nulls().unique().sort().to_list())
    return Known(
        {row["customer_no"]: row for row in stored},
        {bytes(row["id_number_index"]): row["customer_no"] for row in owners},
        homes,
        clock_of(session).now(),
    )


def _indexes(rows: pl.DataFrame, vault: Vault) -> list[bytes | None]:
    return [vault.id_number_index(id_type, number) for id_type, number in rows.select("id_type", "id_number").iter_rows()]


def ready_customers(rows: pl.DataFrame, known: Known, vault: Vault) -> ReadyCustomers:
    """Seal what has to be written. Takes a processor's time, and calls that block where the master keys are elsewhere."""
    done = ReadyCustomers()
    rows, forgotten = _without_forgotten(rows, known)
    rows, taken = _without_taken(rows, known, vault)
    done.problems = pl.concat([forgotten, taken])
    new, changed = [], []
    for record in rows.iter_rows(named=True):
        record["household_id"] = known.homes.get(record["household_no"])
        stored = known.customers.get(record["customer_no"])
        if stored is None:
            new.append(record)
        elif (change := _change(done, record, stored, vault)) is not None:
            changed.append(change)
    _add_new(done, new, vault)
    _add_changed(done, changed, vault)
    done.streams = {
        "new": _stream(done.new, _CUSTOMER),
        "keys": _stream(done.keys, _KEY),
        "changed": _stream(done.changed, _CHANGED),
    }
    done.told = sealed_events(done.events, now=known.now)
    return done


def _without_forgotten(rows: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out customers who were forgotten: a feed that still names them does not bring them back (PIPL art. 47)."""
    gone = [number for number, stored in known.customers.items() if stored["forgotten_at"] is not None]
    mask = rows["customer_no"].is_in(gone)
    return rows.filter(~mask), problems_of(rows, mask, "customer_no", CustomerForgotten.rule, CustomerForgotten.fix)


def _without_taken(rows: pl.DataFrame, known: Known, vault: Vault) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out rows whose identity number another customer has, in the database or earlier in the batch."""
    owners = dict(known.owners)
    numbers = rows["customer_no"].to_list()
    taken = pl.Series(
        [
            index is not None and owners.setdefault(index, number) != number
            for index, number in zip(_indexes(rows, vault), numbers, strict=True)
        ],
        dtype=pl.Boolean,
    )
    return rows.filter(~taken), problems_of(rows, taken, "id_number", IdentityTaken.rule, IdentityTaken.fix)


def _add_new(done: ReadyCustomers, records: Sequence[dict[str, object]], vault: Vault) -> None:
    """All data keys are wrapped in one call."""
    ids = [new_id() for _ in records]
    keys = vault.new_keys([(customer_id, DATA_KEY_VERSION) for customer_id in ids])
    for customer_id, (key, sealer), record in zip(ids, keys, records, strict=True):
        sealed = vars(vault.seal(sealer, customer_id, identity_of(record)))
        done.new.append((customer_id.bytes, record["customer_no"], *_attributes(record), *(sealed[name] for name in SEALED)))
        done.keys.append((customer_id.bytes, key.version, key.master_version, key.wrapped))
        told = {name: record[name] for name in TOLD}
        registered = {
            "customer_id": customer_id,
            "version": 1,
            "referral_code": record["referral_code"],
            "imported": True,
            **told,
        }
        done.events.append(CustomerRegistered.model_validate(registered))


@dataclass(frozen=True)
class _Change:
    """A stored customer of whom a record says something else, or the same for a later day."""

    record: dict[str, object]
    stored: asyncpg.Record
    differs: bool
    identity: Identity | None
    """The new identity, where that changed."""


def _change(done: ReadyCustomers, record: dict[str, object], stored: asyncpg.Record, vault: Vault) -> _Change | None:
    identity = identity_of(record)
    same_identity = bytes(stored["identity_digest"]) == vault.digest(identity)
    differs = not same_identity or any(stored[name] != record[name] for name in ATTRIBUTES)
    dated = record["dated"]
    assert isinstance(dated, date)  # filled by the check
    if dated < stored["dated"]:
        done.outdated += differs
        return None
    if not differs and dated == stored["dated"]:
        return None
    return _Change(record, stored, differs, None if same_identity else identity)


def _add_changed(done: ReadyCustomers, changes: Sequence[_Change], vault: Vault) -> None:
    """All data keys that are needed are unwrapped in one call."""
    sealers = _sealers([change.stored for change in changes if change.identity is not None], vault)
    for change in changes:
        record, stored = change.record, change.stored
        done.seen[stored["id"]] = (stored["changes"], stored["version"])
        sealed: Mapping[str, bytes | None] = dict.fromkeys(SEALED)
        if change.identity is not None:
            sealed = vars(vault.seal(sealers[stored["id"]], stored["id"], change.identity))
        done.changed.append((stored["id"].bytes, change.differs, *_attributes(record), *(sealed[name] for name in SEALED)))
        if change.differs:
            done.corrected += 1
            told = {name: record[name] for name in TOLD}
            changed = {"customer_id": stored["id"], "version": stored["changes"] + 1, **told}
            done.events.append(CustomerChanged.model_validate(changed))


def _sealers(stored: Sequence[asyncpg.Record], vault: Vault) -> dict[UUID, Sealer]:
    keys = [(row["id"], WrappedKey(row["version"], row["master_version"], bytes(row["wrapped"]))) for row in stored]
    return dict(zip((row["id"] for row in stored), vault.sealers(keys), strict=True))


def _attributes(record: Mapping[str, object]) -> Sequence[object]:
    home = record["household_id"]
    home = home.bytes if isinstance(home, UUID) else None
    return [home if name == "household_id" else record[name] for name in _DATED]


def identity_of(record: Mapping[str, object]) -> Identity:
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


def _stream(records: list[tuple[object, ...]], columns: Mapping[str, str]) -> list[bytes]:
    schema = {name: _POLARS[kind] for name, kind in columns.items()}
    return list(copy_stream(pl.DataFrame(records, schema=schema, orient="row"), columns)) if records else []


async def write_customers(session: Session, ready: ReadyCustomers) -> Written | None:
    """Write a batch and its events: `registered` (imported) for new customers, `changed` for corrected ones. None, and nothing
    written, when what was learned holds no more."""
    connection = await driver(session)
    await lock_registration(session, exclusive=True)
    if not await _unchanged(connection, ready.seen):
        return None
    try:
        async with connection.transaction():  # a savepoint
            if ready.new:
                await copy_rows(connection, "customer", _CUSTOMER, ready.streams["new"])
                await copy_rows(connection, "data_key", _KEY_COLUMNS, ready.streams["keys"])
            if ready.changed:
                await stage(connection, ready.streams["changed"], _CHANGED)
                await connection.execute(_UPDATE)
    except asyncpg.UniqueViolationError:
        return None
    await emit_sealed(session, ready.told)
    return Written(len(ready.new), ready.corrected, ready.outdated)


async def _unchanged(connection: Connection, seen: Mapping[UUID, tuple[int, int]]) -> bool:
    """Whether the customers are as they were when they were compared, and under the same key; they stay so until the end of the
    transaction."""
    if not seen:
        return True
    found = await connection.fetch(
        "SELECT FROM unnest($1::uuid[], $2::int[], $3::int[]) AS seen(id, changes, version)"
        " JOIN customer c ON c.id = seen.id AND c.changes = seen.changes"
        " JOIN data_key k ON k.customer_id = c.id AND k.version = seen.version ORDER BY c.id FOR UPDATE OF c, k",
        list(seen), [changes for changes, _ in seen.values()], [version for _, version in seen.values()],
    )  # fmt: skip
    return len(found) == len(seen)
