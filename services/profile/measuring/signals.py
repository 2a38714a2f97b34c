"""Signals (H10, H13, H15 to H19, H25, H26) of a block of customers: one statement for each kind, with evidence."""

from collections import Counter
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.profile import Evidence, SignalRaised
from contracts.values import SignalKind
from services.profile.measuring.measures import Block, lock_computing
from services.profile.measuring.policy import SignalPolicy, signal_policies, statement

_FOUND = "/* found */"
_FRESH = """
WITH found AS (/* found */)
SELECT f.* FROM found f
WHERE NOT EXISTS (
    SELECT FROM signal s
    WHERE s.customer_id = f.customer_id AND s.kind = $5 AND s.subject = f.subject
        AND s.as_of > $1::date - ($4::jsonb ->> 'cooldown_days')::int
        AND s.as_of < $1::date + ($4::jsonb ->> 'cooldown_days')::int
)
ORDER BY f.customer_id, f.subject
"""
_INSERT = """
INSERT INTO signal (id, customer_id, kind, subject, as_of, confidence_bp, evidence)
SELECT id, customer_id, $7, subject, $5, $6, evidence
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) AS raised(id, customer_id, subject, evidence)
"""


async def detect(session: Session, block: Block, *, as_of: date) -> Counter[SignalKind]:
    """Find, store and publish the block's signals as of the end of `as_of`; how many of each kind were raised.

    A signal with the same kind and subject is not raised again within the kind's cool-down, before or after `as_of`.
    """
    await lock_computing(session)
    raised: Counter[SignalKind] = Counter()
    for kind, policy in signal_policies().items():
        rows = await _fresh(session, kind, policy, block, as_of)
        if rows:
            await _raise(session, kind, policy, rows, as_of)
        raised[kind] = len(rows)
    return raised


async def _fresh(session: Session, kind: SignalKind, policy: SignalPolicy, block: Block, as_of: date) -> list[asyncpg.Record]:
    text = _FRESH.replace(_FOUND, statement(f"signals/{kind}"))
    return await (await driver(session)).fetch(text, as_of, block.low, block.high, policy.as_json(), kind.value)


async def _raise(session: Session, kind: SignalKind, policy: SignalPolicy, rows: list[asyncpg.Record], as_of: date) -> None:
    events = [_event(row, kind, policy, as_of) for row in rows]
    await (await driver(session)).execute(
        _INSERT,
        [event.signal_id for event in events],
        [event.customer_id for event in events],
        [row["subject"] for row in rows],
        [event.evidence.model_dump_json() for event in events],
        as_of,
        policy.confidence_bp,
        kind.value,
    )
    await emit(session, *events)


def _event(row: asyncpg.Record, kind: SignalKind, policy: SignalPolicy, as_of: date) -> SignalRaised:
    customer_id: UUID = row["customer_id"]
    return SignalRaised(
        signal_id=new_id(),
        customer_id=customer_id,
        kind=kind,
        as_of=as_of,
        confidence_bp=policy.confidence_bp,
        evidence=Evidence(
            window_from=row["window_from"],
            window_to=row["window_to"],
            counts=row["counts"],
            amounts_fen=row["amounts_fen"],
            days=tuple(row["days"]),
            ids=tuple(row["ids"]),
            account_ids=tuple(row.get("account_ids", ())),
        ),
    )
