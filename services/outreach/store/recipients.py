"""Writing what events tell of recipients. Each statement locks the recipients' rows in the order of their ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Session, driver
from services.outreach.rules.opening import Opened
from services.outreach.rules.revision import State

_TIERS = """
INSERT INTO recipient (customer_id, tier)
SELECT * FROM unnest($1::uuid[], $2::text[]) AS i(customer_id, tier) ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE SET tier = excluded.tier
"""
_RECORDS = """
INSERT INTO recipient (customer_id, birth_date, branch, adviser_no)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[]) AS i(customer_id, birth_date, branch, adviser_no)
ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE
SET birth_date = excluded.birth_date, branch = excluded.branch, adviser_no = excluded.adviser_no
WHERE $5 OR recipient.birth_date IS NULL
RETURNING customer_id, tier IS NOT NULL AS tiered
"""
_KNOWN = """
INSERT INTO recipient (customer_id)
SELECT customer_id FROM unnest($1::uuid[]) AS i(customer_id) ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE SET plan_version = recipient.plan_version
"""
_WISHES = """
INSERT INTO wish (id, customer_id, kind, period, signal_id, opens, closes, target, due_at, state, policy_version, changed_at)
SELECT *, $10, $11::int, $12::timestamptz
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::date[], $7::date[], $8::date[], $9::timestamptz[])
ON CONFLICT (customer_id, kind, period) DO NOTHING
"""
_CLOSE = """
UPDATE wish SET state = 'withdrawn', reason = $3, changed_at = $4
WHERE customer_id = ANY($1::uuid[]) AND signal_id = ANY($2::uuid[]) AND state IN ('open', 'planned') RETURNING customer_id
"""
_CONSENTS = """
WITH spoken AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::int[], $6::timestamptz[])
        AS i(customer_id, purpose, channel, granted, version, at)
), over_all AS (
    DELETE FROM consent c USING spoken s
    WHERE s.channel = '' AND c.customer_id = s.customer_id AND c.purpose = s.purpose AND c.channel <> ''
      AND c.version < s.version
      AND NOT EXISTS (
          SELECT FROM spoken o WHERE o.customer_id = c.customer_id AND o.purpose = c.purpose AND o.channel = c.channel
      )
)
INSERT INTO consent (customer_id, purpose, channel, granted, version, at) SELECT * FROM spoken
ON CONFLICT (customer_id, purpose, channel) DO UPDATE
SET granted = excluded.granted, version = excluded.version, at = excluded.at
"""
_BLOCK = """
SELECT customer_id FROM recipient WHERE $1::uuid IS NULL OR customer_id > $1 ORDER BY customer_id LIMIT $2 FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class Record:
    """The part of a customer's record that outreach keeps."""

    customer_id: UUID
    birth_date: date
    branch: str
    adviser_no: str | None


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish to store, with the signal that brings it."""

    id: UUID
    customer_id: UUID
    signal_id: UUID
    opened: Opened


@dataclass(frozen=True, slots=True)
class Spoken:
    """A customer's word on a purpose; an empty channel stands for all."""

    customer_id: UUID
    purpose: str
    channel: str
    granted: bool
    version: int
    at: datetime


async def put_tiers(session: Session, tiers: Iterable[tuple[UUID, str]]) -> None:
    """Set the tiers of recipients, known or not."""
    rows = list(tiers)
    connection = await driver(session)
    await connection.execute(_TIERS, [row[0] for row in rows], [row[1] for row in rows])


async def put_records(session: Session, records: Sequence[Record], *, replace: bool) -> list[UUID]:
    """Set the records of recipients, known or not; without `replace` a record that is there stays. Returns the
    recipients that were written and have a tier, and so a plan."""
    connection = await driver(session)
    rows = await connection.fetch(
        _RECORDS,
        [record.customer_id for record in records],
        [record.birth_date for record in records],
        [record.branch for record in records],
        [record.adviser_no for record in records],
        replace,
    )
    return [row["customer_id"] for row in rows if row["tiered"]]


async def lock(session: Session, customer_ids: Iterable[UUID]) -> None:
    """Lock recipients, making those that are not known yet."""
    connection = await driver(session)
    await connection.execute(_KNOWN, list(customer_ids))


async def lock_block(session: Session, *, after: UUID | None, limit: int) -> list[UUID]:
    """Lock the next recipients in the order of their ids."""
    connection = await driver(session)
    return [row["customer_id"] for row in await connection.fetch(_BLOCK, after, limit)]


async def add_wishes(session: Session, wishes: Sequence[Wished], *, policy_version: int, now: datetime) -> None:
    """Store wishes; one that the customer has for the same kind and period already stays as it is."""
    connection = await driver(session)
    await connection.execute(
        _WISHES,
        [wish.id for wish in wishes],
        [wish.customer_id for wish in wishes],
        [wish.opened.kind for wish in wishes],
        [wish.opened.period for wish in wishes],
        [wish.signal_id for wish in wishes],
        [wish.opened.first for wish in wishes],
        [wish.opened.last for wish in wishes],
        [wish.opened.target for wish in wishes],
        [wish.opened.due_at for wish in wishes],
        State.OPEN.value,
        policy_version,
        now,
    )


async def close_wishes(
    session: Session, customer_ids: Sequence[UUID], signal_ids: Sequence[UUID], *, reason: str, now: datetime
) -> set[UUID]:
    """Take back the wishes that these signals of these customers brought; the customers of those that still stood."""
    connection = await driver(session)
    return {row["customer_id"] for row in await connection.fetch(_CLOSE, customer_ids, signal_ids, reason, now)}


async def put_consents(session: Session, words: Sequence[Spoken]) -> None:
    """Store the last words. A word on all channels takes the place of older words on single ones."""
    connection = await driver(session)
    await connection.execute(
        _CONSENTS,
        [word.customer_id for word in words],
        [word.purpose for word in words],
        [word.channel for word in words],
        [word.granted for word in words],
        [word.version for word in words],
        [word.at for word in words],
    )
