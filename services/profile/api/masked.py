"""Rows as masked answers: what a caller gets to see by the disclosure policy (H20)."""

import asyncpg

from chassis.auth import Capability
from contracts.disclosure import DataField, Disclosure, disclosure_for
from services.profile.opening import opened, sealer_of
from services.profile.schemas import AccountOut, CustomerOut
from services.profile.vault import Vault


def customer_out(row: asyncpg.Record, vault: Vault, caller: Capability) -> CustomerOut:
    """A customer's row as `store.customers` reads it. Raises `KeyUnusable`, `CiphertextMisplaced`."""
    identity = opened(row, vault)
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


def account_out(row: asyncpg.Record, holder: asyncpg.Record, vault: Vault, caller: Capability) -> AccountOut:
    """An account of a customer's row. Raises `KeyUnusable`, `CiphertextMisplaced`."""
    shown, sealed = _shown_to(caller), row["card_no_sealed"]
    card = None if sealed is None else sealer_of(holder, vault).open("account", "card_no", row["id"], bytes(sealed))
    values = {name: value for name, value in row.items() if name not in ("id", "card_no_sealed")}
    if not shown.sees(DataField.BALANCE):
        values["balance_fen"] = None
    return AccountOut(account_id=row["id"], card_no=shown.show_known(DataField.CARD, card), **values)


def _shown_to(caller: Capability) -> Disclosure:
    return disclosure_for((role.value for role in caller.roles), caller.purpose.value)
