"""Changes one customer's record."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session
from chassis.outbox import emit
from contracts.events.profile import CustomerChanged
from services.profile.opening import opened, sealers_of
from services.profile.rules.identity import IdentityTaken, check_person
from services.profile.rules.standing import CustomerUnknown
from services.profile.store import customers
from services.profile.vault import Identity, Vault
from services.profile.vocabulary import IDENTITY_FIELDS

SHARED = ("branch", "birth_date", "sex", "opened_on", "adviser_no", "household_id", "occupation")
"""What other services may know of a customer."""


async def change_customer(
    session: Session, *, customer_id: UUID, changes: Mapping[str, object], vault: Vault, today: date
) -> bool:
    """Apply changes (column: new value, identity values in stored form) and emit `profile.customer.changed.v1` with the whole
    new state. Returns False, and says nothing, when all values were there already. Files that were true before today do not take
    it back.

    Raises `CustomerUnknown`, `IdentityTaken` and the rules of `check_person`.
    """
    await customers.lock_registration(session, exclusive=False)
    row = await customers.find(session, customer_id, lock=True)
    if row is None:
        raise CustomerUnknown
    (sealer,) = await sealers_of([row], vault)
    identity = _merged(opened(row, sealer), changes)
    attributes = await _attributes(session, row, changes)
    values = _differing(row, attributes)
    if bytes(row["identity_digest"]) != vault.digest(identity):
        values.update(asdict(vault.seal(sealer, customer_id, identity)))
    if not values:
        return False
    _check(identity, attributes, today)
    if changes.get("id_number"):
        await _check_own(session, customer_id, vault.person_index(identity.id_type, identity.id_number))
    try:
        version = await customers.update(session, customer_id, {**values, "dated": today})
    except asyncpg.UniqueViolationError:
        raise IdentityTaken(field="id_number") from None
    state = {name: attributes[name] for name in SHARED}
    await emit(session, CustomerChanged.model_validate({"customer_id": customer_id, "version": version, **state}))
    return True


async def _check_own(session: Session, customer_id: UUID, person_index: bytes | None) -> None:
    if any(row["id"] != customer_id for row in await customers.numbers_taken(session, None, person_index)):
        raise IdentityTaken(field="id_number")


def _merged(identity: Identity, changes: Mapping[str, object]) -> Identity:
    given = {name: changes[name] for name in (*IDENTITY_FIELDS, "id_type") if name in changes}
    if given.get("name", "") is None:
        given["name"] = ""
    return replace(identity, **given)  # type: ignore[arg-type]  # the values come from a checked schema


async def _attributes(session: Session, row: asyncpg.Record, changes: Mapping[str, object]) -> dict[str, object]:
    attributes = {name: changes.get(name, row[name]) for name in customers.ATTRIBUTES}
    if "household_no" in changes:
        number = changes["household_no"]
        homes = await customers.households(session, [str(number)]) if number else {}
        attributes["household_id"] = homes.get(str(number))
    return attributes


def _differing(row: asyncpg.Record, attributes: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if row[name] != value}


def _check(identity: Identity, attributes: dict[str, object], today: date) -> None:
    birth_date, opened_on = attributes["birth_date"], attributes["opened_on"]
    assert isinstance(birth_date, date)  # not null in the table
    assert isinstance(opened_on, date)
    check_person(
        name=identity.name,
        id_type=identity.id_type,
        id_number=identity.id_number,
        birth_date=birth_date,
        sex=str(attributes["sex"]),
        opened_on=opened_on,
        today=today,
    )
