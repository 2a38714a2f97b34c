"""Opens a customer's stored identity, for changes and for masked answers. Callers audit the read."""

from uuid import UUID

import asyncpg

from services.profile.sealing import Sealer
from services.profile.vault import Identity, Vault, WrappedKey


def sealer_of(row: asyncpg.Record, vault: Vault) -> Sealer:
    """The sealer of a customer's row as `store.customers` reads it. Raises `KeyUnusable`."""
    return vault.sealer(row["id"], WrappedKey(row["key_version"], row["master_version"], bytes(row["wrapped"])))


def opened(row: asyncpg.Record, vault: Vault) -> Identity:
    """The identity in a customer's row. Raises `KeyUnusable`, `CiphertextMisplaced`."""
    sealer, customer_id = sealer_of(row, vault), row["id"]
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
