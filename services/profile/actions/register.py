"""Registers one customer."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.profile import CustomerRegistered
from services.profile.rules.identity import CustomerNoTaken, IdentityTaken, check_person
from services.profile.store import customers
from services.profile.vault import DATA_KEY_VERSION, Identity, Vault


@dataclass(frozen=True)
class Registration:
    """A new customer: identity in stored form, the rest as the bank gives it."""

    customer_no: str
    identity: Identity
    birth_date: date
    sex: str
    branch: str
    opened_on: date
    adviser_no: str | None = None
    occupation: str | None = None
    employer_no: str | None = None
    household_no: str | None = None
    referral_code: str | None = None


async def register_customer(session: Session, *, registration: Registration, vault: Vault, today: date) -> UUID:
    """Store a new customer and emit `profile.customer.registered.v1`; the new id.

    Raises `CustomerNoTaken`, `IdentityTaken` and the rules of `check_person`.
    """
    identity = registration.identity
    check_person(
        name=identity.name,
        id_type=identity.id_type,
        id_number=identity.id_number,
        birth_date=registration.birth_date,
        sex=registration.sex,
        opened_on=registration.opened_on,
        today=today,
    )
    await customers.lock_registration(session, exclusive=False)
    await _check_free(session, registration.customer_no, vault.person_index(identity.id_type, identity.id_number))
    customer_id = new_id()
    attributes = await _attributes(session, registration)
    row = {**attributes, "dated": today}  # files that were true earlier do not overwrite it
    ((key, sealer),) = await vault.keys_for([(customer_id, DATA_KEY_VERSION)])
    sealed = vault.seal(sealer, customer_id, identity)
    try:
        await customers.insert(session, customer_id, registration.customer_no, row, sealed, key)
    except asyncpg.UniqueViolationError as error:  # another registration was faster than the check above
        taken = error.constraint_name == "uq_customer_customer_no"
        raise (CustomerNoTaken(field="customer_no") if taken else IdentityTaken(field="id_number")) from None
    await emit(session, _event(customer_id, attributes))
    return customer_id


async def _check_free(session: Session, customer_no: str, person_index: bytes | None) -> None:
    for row in await customers.numbers_taken(session, customer_no, person_index):
        if row["customer_no"] == customer_no:
            raise CustomerNoTaken(field="customer_no")
        raise IdentityTaken(field="id_number")


async def _attributes(session: Session, registration: Registration) -> dict[str, object]:
    number = registration.household_no
    homes = await customers.households(session, [number]) if number else {}
    return {
        "id_type": registration.identity.id_type,
        "birth_date": registration.birth_date,
        "sex": registration.sex,
        "branch": registration.branch,
        "opened_on": registration.opened_on,
        "adviser_no": registration.adviser_no,
        "occupation": registration.occupation,
        "employer_no": registration.employer_no,
        "household_id": homes.get(number) if number else None,
        "referral_code": registration.referral_code,
    }


def _event(customer_id: UUID, attributes: dict[str, object]) -> CustomerRegistered:
    hidden = ("id_type", "employer_no")
    state = {name: value for name, value in attributes.items() if name not in hidden}
    return CustomerRegistered.model_validate({"customer_id": customer_id, "version": 1, **state})
