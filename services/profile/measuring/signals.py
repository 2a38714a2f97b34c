"""Signals (H10, H13, H15 to H19, H25, H26): one statement for each rule over many customers, with evidence."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.profile import Evidence, SignalRaised
from contracts.values import SignalKind
from services.profile.measuring.measures import Block, lock_computing
from services.profile.measuring.rulebook import RuleInForce, rules_in_force
from services.profile.measuring.rules_language import Scope, compile_rule, sources_of

_ONE_AT_A_TIME = 0x5052_0003
"""Signals are raised by one computation at a time, or two could raise the same one within its cool-down."""
_FRESH = """
WITH found AS ({found})
SELECT f.* FROM found f
WHERE NOT EXISTS (
    SELECT FROM signal s
    WHERE s.customer_id = f.customer_id AND s.kind = ${kind}::text AND s.subject = f.subject
        AND s.as_of > $1::date - ${cooldown}::int AND s.as_of < $1::date + ${cooldown}::int
)
ORDER BY f.customer_id, f.subject
"""
_INSERT = """
INSERT INTO signal (id, customer_id, kind, subject, as_of, confidence_bp, evidence, rule, rule_version)
SELECT id, customer_id, $7, subject, $5, $6, evidence, $8, $9
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) AS raised(id, customer_id, subject, evidence)
"""


async def detect(session: Session, block: Block, *, as_of: date) -> Counter[SignalKind]:
    """Find, store and publish the block's signals as of the end of `as_of`; how many of each kind were raised.

    A signal with the same kind and subject is not raised again within its rule's cool-down, before or after `as_of`.
    """
    await lock_computing(session)
    rules = await rules_in_force(session, as_of)
    return await _detect(session, rules, Scope.RANGE, [block.low, block.high], as_of)


async def detect_for(
    session: Session, customers: Collection[UUID], *, sources: Collection[str] | None, as_of: date
) -> Counter[SignalKind]:
    """The same for the customers given, by the rules that rows of these kinds of the feed can make true; None means all rules."""
    rules = await rules_in_force(session, as_of)
    wanted = [rule for rule in rules if sources is None or not sources_of(rule.rule).isdisjoint(sources)]
    return await _detect(session, wanted, Scope.LISTED, [list(customers)], as_of)


async def _detect(
    session: Session, rules: Sequence[RuleInForce], scope: Scope, customers: list[object], as_of: date
) -> Counter[SignalKind]:
    await (await driver(session)).execute(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
    raised: Counter[SignalKind] = Counter()
    for rule in rules:
        rows = await _fresh(session, rule, scope, customers, as_of)
        if rows:
            await _raise(session, rule, rows, as_of)
        raised[rule.rule.kind] += len(rows)
    return raised


async def _fresh(session: Session, rule: RuleInForce, scope: Scope, customers: list[object], as_of: date) -> list[asyncpg.Record]:
    statement = compile_rule(rule.rule, scope)
    arguments = [as_of, *customers, *statement.arguments(as_of)]
    text = _FRESH.format(found=statement.sql, kind=len(arguments) + 1, cooldown=len(arguments) + 2)
    return await (await driver(session)).fetch(text, *arguments, rule.rule.kind.value, rule.rule.cooldown_days)


async def _raise(session: Session, rule: RuleInForce, rows: list[asyncpg.Record], as_of: date) -> None:
    accounts = await _accounts(session, rule, rows)
    events = [_event(row, rule, as_of, accounts) for row in rows]
    await (await driver(session)).execute(
        _INSERT,
        [event.signal_id for event in events],
        [event.customer_id for event in events],
        [row["subject"] for row in rows],
        [event.evidence.model_dump_json() for event in events],
        as_of,
        rule.rule.confidence_bp,
        rule.rule.kind.value,
        rule.name,
        rule.version,
    )
    await emit(session, *events)


async def _accounts(session: Session, rule: RuleInForce, rows: Sequence[asyncpg.Record]) -> dict[str, UUID]:
    """The accounts of the transactions that are evidence: who confirms an outflow names the account (H25)."""
    if sources_of(rule.rule) != {"transactions"}:
        return {}
    found = await (await driver(session)).fetch(
        "SELECT transaction_no, account_id FROM transaction WHERE transaction_no = ANY($1::text[])",
        [one for row in rows for one in row["ids"]],
    )
    return {row["transaction_no"]: row["account_id"] for row in found}


def _event(row: asyncpg.Record, rule: RuleInForce, as_of: date, accounts: Mapping[str, UUID]) -> SignalRaised:
    return SignalRaised(
        signal_id=new_id(),
        customer_id=row["customer_id"],
        kind=rule.rule.kind,
        as_of=as_of,
        confidence_bp=rule.rule.confidence_bp,
        rule=rule.name,
        rule_version=rule.version,
        evidence=Evidence(
            window_from=row["window_from"],
            window_to=row["window_to"],
            counts=row["counts"],
            amounts_fen=row["amounts_fen"],
            days=tuple(row["days"]),
            ids=tuple(row["ids"]),
            account_ids=tuple(sorted({accounts[one] for one in row["ids"] if one in accounts})),
        ),
    )
