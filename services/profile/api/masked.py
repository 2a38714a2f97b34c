"""Rows as masked answers: what a caller inside the bank, or the customer's own app, gets to see (H20)."""

from collections.abc import Sequence

import asyncpg

from chassis.auth import Capability
from contracts.values import Role
from services.profile.opening import opened, sealers_of, wrapped_key
from services.profile.rules import masking
from services.profile.schemas import AccountOut, CustomerOut
from services.profile.sealing import Sealer
from services.profile.vault import Vault

_SHOWN_OF_ACCOUNT = frozenset(AccountOut.model_fields) - {"account_id", "card_no"}


async def customers_out(rows: Sequence[asyncpg.Record], vault: Vault, caller: Capability) -> list[CustomerOut]:
    """Customers' rows as `store.customers` reads them. Raises `KeyUnusable`, `MastersUnavailable`, `CiphertextMisplaced`."""
    sealers = await sealers_of(rows, vault)
    return [_customer_out(row, sealer, caller) for row, sealer in zip(rows, sealers, strict=True)]


async def customer_out(row: asyncpg.Record, vault: Vault, caller: Capability) -> CustomerOut:
    """One customer's row."""
    return (await customers_out([row], vault, caller))[0]


def _customer_out(row: asyncpg.Record, sealer: Sealer, caller: Capability) -> CustomerOut:
    identity = opened(row, sealer)
    inside = Role.CUSTOMER not in caller.roles
    return CustomerOut(
        customer_id=row["id"],
        customer_no=row["customer_no"],
        name=masking.mask_name(identity.name),
        id_type=identity.id_type,
        id_number=None if identity.id_number is None else masking.mask_id_number(identity.id_number, inside=inside),
        phone=None if identity.phone is None else masking.mask_phone(identity.phone),
        email=None if identity.email is None else masking.mask_email(identity.email),
        address=None if identity.address is None else masking.mask_address(identity.address),
        birth_date=row["birth_date"],
        sex=row["sex"],
        branch=row["branch"],
        opened_on=row["opened_on"],
        adviser_no=row["adviser_no"],
        occupation=row["occupation"],
        employer_no=row["employer_no"],
        household_no=row["household_no"],
        changes=row["changes"],
    )


async def accounts_out(rows: Sequence[asyncpg.Record], vault: Vault) -> list[AccountOut]:
    """Accounts of one customer, each row with the customer's key. Raises as `customers_out` does."""
    if not rows:
        return []
    sealer = (await vault.sealers_for([(rows[0]["customer_id"], wrapped_key(rows[0]))]))[0]
    return [_account_out(row, sealer) for row in rows]


def _account_out(row: asyncpg.Record, sealer: Sealer) -> AccountOut:
    sealed, card = row["card_no_sealed"], None
    if sealed is not None:
        card = masking.mask_card(sealer.open("account", "card_no", row["id"], bytes(sealed)))
    return AccountOut(account_id=row["id"], card_no=card, **{name: row[name] for name in _SHOWN_OF_ACCOUNT})
