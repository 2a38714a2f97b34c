"""Rows as masked answers: what a caller inside the bank, or the customer's own app, gets to see (H20)."""

import asyncpg

from chassis.auth import Capability
from contracts.values import Role
from services.profile.opening import opened, sealer_of
from services.profile.rules import masking
from services.profile.schemas import AccountOut, CustomerOut
from services.profile.vault import Vault


def customer_out(row: asyncpg.Record, vault: Vault, caller: Capability) -> CustomerOut:
    """A customer's row as `store.customers` reads it. Raises `KeyUnusable`, `CiphertextMisplaced`."""
    identity = opened(row, vault)
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


def account_out(row: asyncpg.Record, holder: asyncpg.Record, vault: Vault) -> AccountOut:
    """An account of a customer's row. Raises `KeyUnusable`, `CiphertextMisplaced`."""
    sealed, card = row["card_no_sealed"], None
    if sealed is not None:
        card = masking.mask_card(sealer_of(holder, vault).open("account", "card_no", row["id"], bytes(sealed)))
    values = {name: value for name, value in row.items() if name not in ("id", "card_no_sealed")}
    return AccountOut(account_id=row["id"], card_no=card, **values)
