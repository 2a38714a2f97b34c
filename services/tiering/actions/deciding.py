"""Deciding about customers as a set: evaluate, store, tell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

import orjson

from chassis.database import Session
from chassis.outbox import emit
from contracts.events.tiering import TierChanged
from services.tiering import store
from services.tiering.actions.finding import in_force
from services.tiering.book import BOOK, Policy
from services.tiering.packages import CODES
from services.tiering.rules import Measures, decide
from services.tiering.store import Decided, Move

_TRIES = 3


class PolicyKeepsChanging(Exception):
    """The policy in force was another one at each of several tries; the same work may be tried again."""


@dataclass(frozen=True, slots=True)
class Measured:
    """New measures of one customer. `version` counts them."""

    customer_id: UUID
    version: int
    as_of: date
    branch: str
    measures: Measures


async def decide_customers(session: Session, *, measured: Sequence[Measured], now: datetime, today: date) -> list[Move]:
    """Decide about each customer under the policy in force, store it, and tell whose tier changed.

    One statement for each currency, and one to tell. A customer who stands twice in `measured` is decided about twice, in
    order. Returns the moves. Raises `NoPolicyInForce` and `PolicyGaveNoRow`.
    """
    moves: list[Move] = []
    for part in rounds(measured):
        for currency, group in groupby(sorted(part, key=_currency), key=_currency):
            moves += await _decide_currency(session, list(group), currency=currency, now=now, today=today)
    return moves


def rounds(measured: Iterable[Measured]) -> Iterator[list[Measured]]:
    """Split so that each customer stands at most once in each part, in the order in which they came."""
    parts: list[dict[UUID, Measured]] = []
    seen: dict[UUID, int] = {}
    for one in measured:
        place = seen.get(one.customer_id, 0)
        seen[one.customer_id] = place + 1
        if place == len(parts):
            parts.append({})
        parts[place][one.customer_id] = one
    return (list(part.values()) for part in parts)


async def _decide_currency(
    session: Session, measured: Sequence[Measured], *, currency: str, now: datetime, today: date
) -> list[Move]:
    policy = BOOK.guess(currency) or await in_force(session, currency=currency, today=today)
    for _ in range(_TRIES):
        rows = [_decided(one, policy) for one in measured]
        asked = (policy.version, policy.digest)
        moves = await store.store_decisions(session, rows, currency=currency, policy=asked, today=today, now=now)
        if moves is not None:
            await tell(session, moves, policy_version=policy.version, now=now)
            return moves
        policy = await in_force(session, currency=currency, today=today)
    raise PolicyKeepsChanging(currency)


def _decided(one: Measured, policy: Policy) -> Decided:
    decision = decide(one.measures, judge=policy.judge, policy_version=policy.version)
    inputs = orjson.dumps(one.measures).decode()
    return Decided(one.customer_id, decision.tier, decision.reason, one.as_of, one.version, one.branch, inputs)


def _currency(one: Measured) -> str:
    return one.measures.assets.currency


async def tell(session: Session, moves: Sequence[Move], *, policy_version: int, now: datetime) -> None:
    """Publish the changes of tier, with the package that comes with each (H5 to H7)."""
    await emit(
        session,
        *(
            TierChanged(
                customer_id=move.customer_id,
                version=move.change,
                tier=move.tier,
                previous=move.previous,
                reason=move.reason,
                policy_version=policy_version,
                as_of=move.as_of,
                decided_at=now,
                package=CODES[move.tier],
            )
            for move in moves
        ),
    )
