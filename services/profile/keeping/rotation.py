"""Rotation of keys while the service runs: all data keys under a new master key, and where asked all fields under new data keys.

A run is a row; a durable timer takes it one block of customers further in one transaction, so that it goes on wherever it was
interrupted, and a reader sees a customer with the old key and the old ciphertexts or with the new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session
from chassis.ids import new_id
from chassis.timers import schedule
from contracts.values import RuleBroken
from services.profile.opening import opened, wrapped_key
from services.profile.sealing import Sealer
from services.profile.store import rotation as store
from services.profile.store.customers import lock_registration
from services.profile.vault import Vault, WrappedKey

STEP = "profile.keys.rotation"
"""Kind of the timer that takes a rotation one block further."""
BLOCK = 2_000
"""Customers of one transaction."""


class RotationRuns(RuleBroken):
    """Another rotation is on its way."""

    rule = "rotation-runs"
    fix = "Wait until GET /v1/keys says that it is done, then ask again."


async def start_rotation(session: Session, *, master_version: int, data: bool, now: datetime) -> UUID:
    """A rotation to a master version that is in use already, by timer."""
    rotation_id = new_id()
    await store.begin(session, rotation_id, master_version=master_version, data=data, now=now)
    await _arm(session, rotation_id, after=None, now=now)
    return rotation_id


async def advance(
    session: Session, *, rotation_id: UUID, after: UUID | None, vault: Vault, now: datetime, limit: int = BLOCK
) -> None:
    """The next block of a rotation. Its end is reached when no data key is left under an older master key."""
    await lock_registration(session, exclusive=False)  # a load that reads keys and writes ciphertexts is not half overtaken
    rotation = await store.find(session, rotation_id)
    if rotation is None or rotation["state"] == "done":
        return
    rows = await store.block(session, older_than=rotation["master_version"], after=after, limit=limit)
    if rows and rotation["data"]:
        await _renew(session, rows, vault)
    elif rows:
        await _rewrap(session, rows, vault)
    await store.count(session, rotation_id, len(rows))
    if rows:
        await _arm(session, rotation_id, after=rows[-1]["id"], now=now)
    elif await store.older_keys(session, rotation["master_version"]):
        await _arm(session, rotation_id, after=None, now=now)  # by a process that had not seen the new master key yet
    else:
        await store.finish(session, rotation_id, now=now)


async def _arm(session: Session, rotation_id: UUID, *, after: UUID | None, now: datetime) -> None:
    payload = {"after": None if after is None else str(after)}
    await schedule(session, kind=STEP, key=str(rotation_id), due_at=now, payload=payload)


async def _rewrap(session: Session, rows: Sequence[asyncpg.Record], vault: Vault) -> None:
    """The same data keys under the newest master key."""
    await store.put_keys(session, await vault.rewrapped([(row["id"], wrapped_key(row)) for row in rows]))


@dataclass
class _Renewed:
    """What a block writes."""

    keys: list[tuple[UUID, WrappedKey]] = field(default_factory=list)
    customers: list[tuple[object, ...]] = field(default_factory=list)
    cards: list[tuple[UUID, bytes]] = field(default_factory=list)


async def _renew(session: Session, rows: Sequence[asyncpg.Record], vault: Vault) -> None:
    """New data keys, and everything that the old ones sealed under them. The old keys are gone with the transaction."""
    old = await vault.sealers_for([(row["id"], wrapped_key(row)) for row in rows])
    fresh = await vault.keys_for([(row["id"], row["key_version"] + 1) for row in rows])
    cards = await store.cards(session, [row["id"] for row in rows])
    done = _Renewed()
    for row, before, (key, after) in zip(rows, old, fresh, strict=True):
        done.keys.append((row["id"], key))
        sealed = vars(vault.seal(after, row["id"], opened(row, before)))
        done.customers.append((row["id"], *(sealed[name] for name in store.RESEALED)))
        done.cards += [(card["id"], resealed_card(card, before, after)) for card in cards.get(row["id"], ())]
    await store.put_keys(session, done.keys)
    await store.put_sealed(session, done.customers)
    await store.put_cards(session, done.cards)


def resealed_card(account: asyncpg.Record, before: Sealer, after: Sealer) -> bytes:
    """An account's card number under another key. Raises `CiphertextMisplaced`."""
    number = before.open("account", "card_no", account["id"], bytes(account["card_no_sealed"]))
    return after.seal("account", "card_no", account["id"], number)
