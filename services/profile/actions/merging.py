"""Two records that are one person: proposed, then merged with both histories kept, or dismissed with a reason."""

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session
from chassis.outbox import emit
from contracts.events.profile import CustomerMerged
from contracts.values import ConsentPurpose, RuleBroken
from services.profile.actions.consents import carry_refusals, stop
from services.profile.keeping.rotation import resealed_card
from services.profile.opening import sealers_of
from services.profile.store import duplicates
from services.profile.store.customers import lock_registration
from services.profile.store.rotation import cards, put_cards
from services.profile.vault import Vault


class DuplicateUnknown(RuleBroken):
    """There is no such proposal."""

    rule = "duplicate-unknown"
    fix = "Use an id of GET /v1/duplicates."


class DuplicateDecided(RuleBroken):
    """The proposal was decided already, or one of its records went into another or was forgotten."""

    rule = "duplicate-decided"
    fix = "See GET /v1/duplicates?state=merged and state=dismissed; search again for what is left."


class SurvivorForeign(RuleBroken):
    """The surviving record is none of the two."""

    rule = "survivor-foreign"
    fix = "Give first_id or second_id of the proposal."


class MergeRestricted(RuleBroken):
    """One of the two asked to be forgotten: only storage and protection go on (PIPL art. 47)."""

    rule = "merge-restricted"
    fix = "Leave the records as they are; each is erased on its own day."


async def merge(
    session: Session, *, duplicate_id: UUID, surviving_id: UUID, vault: Vault, by: str, now: datetime
) -> asyncpg.Record:
    """Merge a proposal's records and emit `profile.customer.merged.v1`; the decided proposal.

    Accounts with their bookings, behaviour, facts and assessments go on under the survivor; signals, measures and consents stay
    readable under the old id. What either refused is refused. Raises the rules of this module.
    """
    await lock_registration(session, exclusive=False)
    row = await _open_one(session, duplicate_id)
    pair = {row["first_id"], row["second_id"]}
    if surviving_id not in pair:
        raise SurvivorForeign(field="surviving_id")
    (merged_id,) = pair - {surviving_id}
    both = await duplicates.lock_both(session, merged_id, surviving_id)
    if len(both) != len(pair):
        raise DuplicateDecided
    if any(record["restricted_until"] is not None for record in both.values()):
        raise MergeRestricted
    await _reseal_cards(session, both[merged_id], both[surviving_id], vault)
    accounts = await duplicates.move(session, merged_id=merged_id, surviving_id=surviving_id)
    await carry_refusals(session, from_id=merged_id, to_id=surviving_id, now=now)
    await stop(
        session, customer_id=merged_id, purposes=ConsentPurpose, source="merge", now=now
    )  # nobody is reached there any more
    decided = await duplicates.decide(session, duplicate_id, state="merged", reason=None, by=by, now=now)
    await duplicates.note_merge(session, merged_id=merged_id, surviving_id=surviving_id, accounts=accounts, by=by, now=now)
    await emit(session, CustomerMerged(customer_id=merged_id, surviving_id=surviving_id, accounts=len(accounts)))
    return decided


async def dismiss(session: Session, *, duplicate_id: UUID, reason: str, by: str, now: datetime) -> asyncpg.Record:
    """The two are two persons, and are not proposed again. Raises `DuplicateUnknown`, `DuplicateDecided`."""
    await _open_one(session, duplicate_id)
    return await duplicates.decide(session, duplicate_id, state="dismissed", reason=reason, by=by, now=now)


async def _open_one(session: Session, duplicate_id: UUID) -> asyncpg.Record:
    row = await duplicates.find(session, duplicate_id)
    if row is None:
        raise DuplicateUnknown
    if row["state"] != "open":
        raise DuplicateDecided
    return row


async def _reseal_cards(session: Session, merged: asyncpg.Record, surviving: asyncpg.Record, vault: Vault) -> None:
    """Card numbers are sealed under their holder's key: they change it with the holder."""
    held = (await cards(session, [merged["id"]])).get(merged["id"], [])
    if held:
        before, after = await sealers_of([merged, surviving], vault)
        await put_cards(session, [(account["id"], resealed_card(account, before, after)) for account in held])
