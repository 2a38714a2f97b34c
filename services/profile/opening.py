"""Opens customers' stored identities, for changes and for masked answers. Callers audit the read."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.profile.sealing import Sealer
from services.profile.vault import Identity, Vault, WrappedKey


async def sealers_of(rows: Sequence[asyncpg.Record], vault: Vault) -> list[Sealer]:
    """The sealers of customers' rows as `store.customers` reads them. Raises `KeyUnusable`, `MastersUnavailable`."""
    return await vault.sealers_for([(row["id"], wrapped_key(row)) for row in rows])


def wrapped_key(row: asyncpg.Record) -> WrappedKey:
    """The data key in a row with `key_version`, `master_version` and `wrapped`."""
    return WrappedKey(row["key_version"], row["master_version"], bytes(row["wrapped"]))


def opened(row: asyncpg.Record, sealer: Sealer) -> Identity:
    """The identity in a customer's row. Raises `CiphertextMisplaced`."""
    customer_id = row["id"]
    return Identity(
        id_type=row["id_type"],
        name=_open(sealer, "name", customer_id, row["name_sealed"]) or "",
        id_number=_open(sealer, "id_number", customer_id, row["id_number_sealed"]),
        phone=_open(sealer, "phone", customer_id, row["phone_sealed"]),
        email=_open(sealer, "email", customer_id, row["email_sealed"]),
        address=_open(sealer, "address", customer_id, row["address_sealed"]),
    )


def _open(sealer: Sealer, column: str, customer_id: UUID, sealed: bytes | None) -> str | None:
    return None if sealed is None else sealer.open("customer", column, customer_id, bytes(sealed))
