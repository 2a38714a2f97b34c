"""Seeing identity fields whole (H20): a grant with purpose and ticket, opened once, soon, and not often."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from chassis.clock import SHANGHAI
from chassis.database import Session, driver
from chassis.ids import new_id
from contracts.values import Purpose, RuleBroken
from services.profile.opening import opened, sealers_of
from services.profile.rights import RevealPolicy
from services.profile.store import customers
from services.profile.vault import Vault
from services.profile.vocabulary import IDENTITY_FIELDS


class PurposeNotAllowed(RuleBroken):
    """Fields are not shown whole for this purpose."""

    rule = "reveal-purpose"
    fix = "Use one of the purposes of the bank's policy: service, risk, audit or operations, unless it was changed."


class TooManyReveals(RuleBroken):
    """The person had as many grants today as the policy allows; `detail` names the number."""

    rule = "reveal-limit"
    fix = "Ask again tomorrow, or let somebody else look who needs to."


class RevealUnknown(RuleBroken):
    """There is no such grant of this person for this customer."""

    rule = "reveal-unknown"
    fix = "Ask for one with POST …/reveals; a grant is its owner's alone."


class RevealOver(RuleBroken):
    """The grant was opened already, or its minutes are over."""

    rule = "reveal-over"
    fix = "Ask for a new grant with POST …/reveals."


async def grant(
    session: Session,
    *,
    customer_id: UUID,
    subject: str,
    fields: Sequence[str],
    purpose: Purpose,
    ticket: str,
    policy: RevealPolicy,
    now: datetime,
) -> tuple[UUID, datetime]:
    """A grant's id and end. Raises `PurposeNotAllowed`, `TooManyReveals`."""
    if purpose not in policy.purposes:
        raise PurposeNotAllowed(field="purpose")
    connection = await driver(session)
    # a person's grants are counted one after the other, or two at once would both be the last one
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"reveal:{subject}")
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    had = await connection.fetchval("SELECT count(*) FROM reveal WHERE subject = $1 AND granted_at >= $2", subject, midnight)
    if had >= policy.per_person_and_day:
        raise TooManyReveals(f"at most {policy.per_person_and_day} a day")
    reveal_id, until = new_id(), now + timedelta(minutes=policy.minutes)
    await connection.execute(
        "INSERT INTO reveal (id, customer_id, subject, fields, purpose, ticket, granted_at, until)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        reveal_id, customer_id, subject, sorted(set(fields)), purpose.value, ticket, now, until,
    )  # fmt: skip
    return reveal_id, until


async def use(session: Session, *, reveal_id: UUID, customer_id: UUID, subject: str, now: datetime) -> asyncpg.Record:
    """Spend a grant; its row. Raises `RevealUnknown`, `RevealOver`."""
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT * FROM reveal WHERE id = $1 AND customer_id = $2 AND subject = $3 FOR UPDATE", reveal_id, customer_id, subject
    )
    if row is None:
        raise RevealUnknown
    if row["opened_at"] is not None or row["until"] <= now:
        raise RevealOver
    await connection.execute("UPDATE reveal SET opened_at = $2 WHERE id = $1", reveal_id, now)
    return row


async def values(session: Session, *, customer_id: UUID, fields: Sequence[str], vault: Vault) -> Mapping[str, object]:
    """The fields whole. Raises `KeyUnusable`, `MastersUnavailable`, `CiphertextMisplaced`."""
    row = await customers.find(session, customer_id)
    assert row is not None  # the route has seen that the customer stands
    (sealer,) = await sealers_of([row], vault)
    identity = opened(row, sealer)
    found: dict[str, object] = {name: getattr(identity, name) for name in IDENTITY_FIELDS if name in fields}
    if "cards" in fields:
        accounts = await (await driver(session)).fetch(
            "SELECT id, card_no_sealed FROM account WHERE customer_id = $1 AND card_no_sealed IS NOT NULL ORDER BY account_no",
            customer_id,
        )
        found["cards"] = [
            sealer.open("account", "card_no", account["id"], bytes(account["card_no_sealed"])) for account in accounts
        ]
    return found
