"""Deciding about customers as a set: look and lock, conclude, write, tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

import orjson

from chassis.database import Session
from chassis.outbox import emit
from contracts.events.tiering import TierChanged
from services.tiering import deciding_store
from services.tiering.actions.entitling import bring_up_to_date
from services.tiering.actions.finding import NoPolicyInForce, policy_of
from services.tiering.deciding_store import Decided, Looked
from services.tiering.packages import CODES
from services.tiering.rules import Held, Manual, Measures, conclude, decide


@dataclass(frozen=True, slots=True)
class Measured:
    """Measures of one customer. `version` counts them; `inputs` are the same as stored JSON, where they come from there."""

    customer_id: UUID
    version: int
    as_of: date
    branch: str
    measures: Measures
    inputs: str | None = None


async def decide_customers(session: Session, *, measured: Sequence[Measured], now: datetime, today: date) -> list[Decided]:
    """Decide about each customer under the policy in force, store it, and tell whose tier changed.

    Two statements for each currency, and one to tell. A customer who stands twice in `measured` is decided about twice, in
    order. Returns the decisions that changed a tier. Raises `NoPolicyInForce` and `PolicyGaveNoRow`.
    """
    moves: list[Decided] = []
    for part in rounds(measured):
        for currency, group in groupby(sorted(part, key=_currency), key=_currency):
            decided = await decide_currency(session, list(group), currency=currency, now=now, today=today)
            moves += [one for one in decided if one.moved]
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


async def decide_currency(
    session: Session,
    measured: Sequence[Measured],
    *,
    currency: str,
    now: datetime,
    today: date,
    only_if_same_measures: bool = False,
    by_hand: Mapping[UUID, Manual | None] | None = None,
) -> list[Decided]:
    """The same for customers of one currency, each at most once.

    `only_if_same_measures` leaves out customers whose measures are not those decided on; `by_hand` gives or takes (None) tiers
    by hand. Raises `NoPolicyInForce` and `PolicyGaveNoRow`.
    """
    looked = await deciding_store.look(session, [one.customer_id for one in measured], currency=currency, today=today)
    if looked is None:
        raise NoPolicyInForce(f"no tier policy is in force for {currency}", field="currency")
    if only_if_same_measures:
        measured = [one for one in measured if _is_same(one, looked)]
    if not measured:
        return []
    decided = await _concluded(session, measured, looked, now=now, by_hand=by_hand or {})
    await deciding_store.write(session, decided, policy_version=looked.policy[0], now=now)
    moved = [one.customer_id for one in decided if one.moved]
    await bring_up_to_date(session, moved, now=now, today=today)
    await _tell(session, decided, policy_version=looked.policy[0], now=now)
    return decided


def _is_same(one: Measured, looked: Looked) -> bool:
    stood = looked.stood.get(one.customer_id)
    return stood is not None and stood.measures_version == one.version


async def _concluded(
    session: Session, measured: Sequence[Measured], looked: Looked, *, now: datetime, by_hand: Mapping[UUID, Manual | None]
) -> list[Decided]:
    version, mark = looked.policy
    policy = await policy_of(session, version=version, mark=mark)
    decided = []
    for one in measured:
        before = looked.stood.get(one.customer_id)
        held = before.held if before else Held()
        if one.customer_id in by_hand:
            held = replace(held, manual=by_hand[one.customer_id])
        row = decide(one.measures, judge=policy.judge, policy_version=version)
        outcome = conclude(row, held, downgrade=policy.downgrade, now=now)
        inputs = one.inputs or orjson.dumps(one.measures).decode()
        decided.append(Decided(one.customer_id, outcome, before, one.as_of, one.version, one.branch, inputs))
    return decided


def _currency(one: Measured) -> str:
    return one.measures.assets.currency


async def _tell(session: Session, decided: Sequence[Decided], *, policy_version: int, now: datetime) -> None:
    """Publish the changes of tier, with the package that comes with each (H5 to H7)."""
    await emit(
        session,
        *(
            TierChanged(
                customer_id=one.customer_id,
                version=one.change,
                tier=one.outcome.tier,
                previous=one.before.tier if one.before else None,
                reason=one.outcome.reason,
                policy_version=policy_version,
                as_of=one.as_of,
                decided_at=now,
                package=CODES[one.outcome.tier],
            )
            for one in decided
            if one.moved
        ),
    )
