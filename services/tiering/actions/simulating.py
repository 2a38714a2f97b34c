"""Simulating a policy over everybody before it is published: nothing of any customer is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.values import Tier
from services.tiering import simulation_store
from services.tiering.actions.finding import policy_of
from services.tiering.book import Policy
from services.tiering.rules import FACTS, Held, Manual, PolicyGaveNoRow, Row, Stand, Unit
from services.tiering.rules.buckets import bounds, representative
from services.tiering.rules.facts import Value
from services.tiering.rules.simulating import Group, Simulation, simulate
from services.tiering.simulation_store import Split


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation of a policy. `as_of`: the latest day of the measures it rests on, None for an empty bank."""

    policy: Policy
    found: Simulation
    as_of: date | None


async def simulate_policy(session: Session, *, caller: Capability, version: int, now: datetime) -> Simulated:
    """What a run over everybody under a version, draft or published, would do at `now`.

    PostgreSQL groups everybody by what the policy can tell apart, and the engine is asked once for each group: the same
    engine, rows and rules that decide. Raises `PolicyUnknown`.
    """
    policy = await policy_of(session, version=version)
    splits = splits_of(policy)
    rows = await simulation_store.groups(session, currency=policy.currency, splits=splits, now=now)
    found = simulate(_groups(policy, splits, rows, now=now), downgrade=policy.downgrade, now=now)
    details: dict[str, int | str] = {"version": version, "digest": policy.digest, "customers": found.customers}
    await audit(session, caller=caller, act="policy.simulated", details=details)
    return Simulated(policy, found, max((row["as_of"] for row in rows), default=None))


def splits_of(policy: Policy) -> list[Split]:
    """The facts that the policy's rows look at, each with its ranges."""
    cells: dict[str, list[str]] = {}
    for row in policy.rows:
        for name, cell in row.cells.items():
            cells.setdefault(name, []).append(cell)
    return [Split(name, bounds(found) if simulation_store.is_ranged(name) else None) for name, found in cells.items()]


def _groups(policy: Policy, splits: Sequence[Split], rows: Sequence[asyncpg.Record], *, now: datetime) -> Iterator[Group]:
    unread: dict[str, Value] = {fact.name: None for fact in policy.facts}
    fired: dict[tuple[Value, ...], Row] = {}
    for row in rows:
        key = tuple(row[f"fact_{place}"] for place in range(len(splits)))
        if key not in fired:
            asked = {split.fact: _value(split, found) for split, found in zip(splits, key, strict=True)}
            fired[key] = _row(policy, unread | asked)
        yield Group(
            branch=row["branch"],
            tier=Tier(row["tier"]),
            held=_held(row, now=now),
            row=fired[key],
            customers=row["customers"],
            examples=tuple(row["examples"]),
        )


def _row(policy: Policy, facts: dict[str, Value]) -> Row:
    row = policy.judge_facts(facts)
    if row is None:
        raise PolicyGaveNoRow(f"policy {policy.version} has no row for some measures")
    return row


def _value(split: Split, found: Value) -> Value:
    """The value to ask the engine about: any of the range, a flag, or the code itself."""
    if found is None:
        return None
    if split.begins is not None:
        return representative(int(found), split.begins)
    return found == "true" if FACTS[split.fact].unit is Unit.FLAG else found


def _held(row: asyncpg.Record, *, now: datetime) -> Held:
    """What the group stands at. Only whether a moment has come counts, so any moment on the same side of `now` will do."""
    later, code = datetime.max.replace(tzinfo=now.tzinfo), "simulated"
    until = {"none": None, "over": now, "running": later}[row["grace"]]
    by_hand = None if row["by_hand"] is None else Manual(Tier(row["by_hand"]), code, later)
    return Held(Stand(Tier(row["automatic"]), until), by_hand)
