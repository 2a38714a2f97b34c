"""Reading all that planning needs for many customers in one statement, and writing all that it changed in another."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import Channel, Tier
from services.outreach.rules.consents import Consent
from services.outreach.rules.reasons import CalendarState
from services.outreach.rules.revision import Dossier, Held, Revision, Standing, State

_READ = """
SELECT 'r' AS what, customer_id, customer_id AS id, tier, NULL AS kind, NULL AS period, NULL AS state, NULL AS reason,
       birth_date AS opens, NULL::date AS closes, NULL::date AS target, NULL::timestamptz AS at, NULL::uuid AS origin_id,
       plan_version AS number
FROM recipient WHERE customer_id = ANY($1::uuid[])
UNION ALL
SELECT 'c', customer_id, NULL, NULL, purpose, channel, NULL, NULL, NULL, NULL, NULL, NULL, NULL, granted::int
FROM consent WHERE customer_id = ANY($1::uuid[])
UNION ALL
SELECT 'o', customer_id, id, tier, kind, period, state, reason, opens, closes, target, NULL, NULL, 0
FROM obligation WHERE customer_id = ANY($1::uuid[]) AND (closes >= $2 OR state IN ('open', 'planned'))
UNION ALL
SELECT 'w', customer_id, id, NULL, kind, period, state, reason, opens, closes, target, due_at, NULL, 0
FROM wish WHERE customer_id = ANY($1::uuid[]) AND (closes >= $2 OR state IN ('open', 'planned'))
UNION ALL
SELECT 'p', customer_id, id, NULL, kind, channel, calendar, NULL, NULL, NULL, NULL, at, coalesce(obligation_id, wish_id), 0
FROM contact WHERE customer_id = ANY($1::uuid[]) AND state = 'planned' AND at >= $3
"""
_WITHDRAW = """
UPDATE contact c SET state = 'withdrawn', withdrawn_at = $3, withdrawn_reason = v.reason
FROM unnest($1::uuid[], $2::text[]) AS v(id, reason) WHERE c.id = v.id
"""
_CONFIRM = "UPDATE contact SET calendar = 'published' WHERE id = ANY($1::uuid[])"
_WRITE = """
WITH obligations AS (
    INSERT INTO obligation (id, customer_id, kind, period, opens, closes, target, state, reason, tier, policy_version, changed_at)
    SELECT *, $1::int, $2::timestamptz
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[], $9::date[], $10::text[], $11::text[],
                $12::text[])
    ON CONFLICT (customer_id, kind, period) DO UPDATE
    SET tier = excluded.tier, opens = excluded.opens, closes = excluded.closes, target = excluded.target,
        state = excluded.state, reason = excluded.reason, policy_version = excluded.policy_version,
        changed_at = excluded.changed_at
), wishes AS (
    INSERT INTO wish (id, customer_id, kind, period, opens, closes, target, state, reason, due_at, policy_version, changed_at)
    SELECT *, $1::int, $2::timestamptz
    FROM unnest($13::uuid[], $14::uuid[], $15::text[], $16::text[], $17::date[], $18::date[], $19::date[], $20::text[],
                $21::text[], $22::timestamptz[])
    ON CONFLICT (customer_id, kind, period) DO UPDATE
    SET opens = excluded.opens, closes = excluded.closes, target = excluded.target, due_at = excluded.due_at,
        state = excluded.state, reason = excluded.reason, policy_version = excluded.policy_version,
        changed_at = excluded.changed_at
), contacts AS (
    INSERT INTO contact (id, customer_id, obligation_id, wish_id, kind, period, tier, channel, day, at, placed_by, channel_reason,
                         calendar, bypass, bypassed, plan_version, state, policy_version, planned_at)
    SELECT id, customer_id, obligation_id, wish_id, kind, period, tier, channel, day, at, placed_by, channel_reason,
           calendar, bypass, string_to_array(bypassed, ','), plan_version, 'planned', $1::int, $2::timestamptz
    FROM unnest($23::uuid[], $24::uuid[], $25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::text[], $30::text[],
                $31::date[], $32::timestamptz[], $33::text[], $34::text[], $35::text[], $36::text[], $37::text[], $38::int[])
        AS v(id, customer_id, obligation_id, wish_id, kind, period, tier, channel, day, at, placed_by, channel_reason,
             calendar, bypass, bypassed, plan_version)
)
UPDATE recipient r SET plan_version = v.plan_version
FROM unnest($39::uuid[], $40::int[]) AS v(customer_id, plan_version) WHERE r.customer_id = v.customer_id
"""


async def read(session: Session, customer_ids: Sequence[UUID], *, today: date, since: datetime) -> list[Dossier]:
    """The dossiers of recipients whose rows the caller has locked, contacts from `since` on, in one statement."""
    connection = await driver(session)
    dossiers = {customer_id: Dossier(customer_id, None, None) for customer_id in customer_ids}
    for row in await connection.fetch(_READ, customer_ids, today, since):
        dossier = dossiers[row["customer_id"]]
        match row["what"]:
            case "r":
                dossier.tier = Tier(row["tier"]) if row["tier"] else None
                dossier.birth_date, dossier.plan_version = row["opens"], row["number"]
            case "c":
                channel = Channel(row["period"]) if row["period"] else None
                dossier.consents.append(Consent(row["kind"], channel, bool(row["number"])))
            case "p":
                dossier.contacts.append(_standing(row))
            case "o":
                dossier.obligations.append(_held(row))
            case _:
                dossier.wishes.append(_held(row))
    return list(dossiers.values())


def _held(row: asyncpg.Record) -> Held:
    tier = Tier(row["tier"]) if row["tier"] else None
    days = (row["opens"], row["closes"], row["target"])
    return Held(row["id"], row["kind"], row["period"], *days, State(row["state"]), tier, row["at"], row["reason"])


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(row["id"], row["origin_id"], row["kind"], Channel(row["period"]), row["at"], CalendarState(row["state"]))


async def write(session: Session, revisions: Sequence[Revision], *, policy_version: int, now: datetime) -> None:
    """Write what revisions change: one statement, and one more each for contacts taken back or confirmed."""
    connection = await driver(session)
    withdrawn = [(contact.id, reason.value) for revision in revisions for contact, reason in revision.withdrawn]
    if withdrawn:
        await connection.execute(_WITHDRAW, *_columns(withdrawn, 2), now)
    confirmed = [contact_id for revision in revisions for contact_id in revision.confirmed]
    if confirmed:
        await connection.execute(_CONFIRM, confirmed)
    obligations = [(*_stem(held, revision), held.tier) for revision in revisions for held in revision.obligations]
    wishes = [(*_stem(held, revision), held.due_at) for revision in revisions for held in revision.wishes]
    contacts = [row for revision in revisions for row in _contact_rows(revision)]
    versions = [(r.dossier.customer_id, r.plan_version) for r in revisions if r.replans]
    if obligations or wishes or contacts or versions:
        columns = [*_columns(obligations, 10), *_columns(wishes, 10), *_columns(contacts, 16), *_columns(versions, 2)]
        await connection.execute(_WRITE, policy_version, now, *columns)


def _stem(held: Held, revision: Revision) -> tuple[Any, ...]:  # Any: one row of mixed columns
    customer_id = revision.dossier.customer_id
    return (held.id, customer_id, held.kind, held.period, held.first, held.last, held.target, held.state, held.reason)


def _contact_rows(revision: Revision) -> list[tuple[Any, ...]]:  # Any: rows of mixed columns
    dossier = revision.dossier
    return [
        (
            contact_id,
            dossier.customer_id,
            None if placement.demand.is_wish else placement.demand.id,
            placement.demand.id if placement.demand.is_wish else None,
            placement.demand.kind,
            placement.demand.period,
            dossier.tier or Tier.ORDINARY,
            placement.channel,
            placement.day,
            placement.at,
            placement.placed_by,
            placement.channel_reason,
            placement.calendar,
            placement.bypass,
            ",".join(placement.bypassed),
            revision.plan_version,
        )
        for contact_id, placement in revision.contacts
    ]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:  # Any: columns of any type
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
