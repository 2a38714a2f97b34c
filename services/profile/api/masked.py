"""Rows as masked answers: what a caller gets to see by the disclosure policy (H20)."""

from collections.abc import Sequence

import asyncpg

from chassis.auth import Capability
from contracts.disclosure import DataField, Disclosure, disclosure_for
from services.profile.opening import opened, sealers_of, wrapped_key
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
    shown = _shown_to(caller)
    return CustomerOut(
        customer_id=row["id"],
        customer_no=row["customer_no"],
        name=shown.show(DataField.NAME, identity.name),
        id_type=identity.id_type,
        id_number=shown.show_document(identity.id_type, identity.id_number),
        phone=shown.show_known(DataField.PHONE, identity.phone),
        email=shown.show_known(DataField.EMAIL, identity.email),
        address=shown.show_known(DataField.ADDRESS, identity.address),
        birth_date=row["birth_date"] if shown.sees(DataField.BIRTH_DATE) else None,
        sex=row["sex"],
        branch=row["branch"],
        opened_on=row["opened_on"],
        adviser_no=row["adviser_no"],
        occupation=row["occupation"],
        employer_no=row["employer_no"],
        household_no=row["household_no"],
        changes=row["changes"],
    )


async def accounts_out(rows: Sequence[asyncpg.Record], vault: Vault, caller: Capability) -> list[AccountOut]:
    """Accounts of one customer, each row with the customer's key. Raises as `customers_out` does."""
    if not rows:
        return []
    sealer = (await vault.sealers_for([(rows[0]["customer_id"], wrapped_key(rows[0]))]))[0]
    return [_account_out(row, sealer, caller) for row in rows]


def _account_out(row: asyncpg.Record, sealer: Sealer, caller: Capability) -> AccountOut:
    shown, sealed = _shown_to(caller), row["card_no_sealed"]
    card = None if sealed is None else sealer.open("account", "card_no", row["id"], bytes(sealed))
    values = {name: row[name] for name in _SHOWN_OF_ACCOUNT}
    if not shown.sees(DataField.BALANCE):
        values["balance_fen"] = None
    return AccountOut(account_id=row["id"], card_no=shown.show_known(DataField.CARD, card), **values)


def _shown_to(caller: Capability) -> Disclosure:
    return disclosure_for((role.value for role in caller.roles), caller.purpose.value)
