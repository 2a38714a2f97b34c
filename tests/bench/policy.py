"""Simulating a tier policy over everybody: a million generated customers, against a bare scan of the same rows."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import asyncpg
import orjson

from chassis.auth import Capability
from chassis.database import Database
from chassis.migrations import upgrade
from contracts.values import Purpose, Reach, Role, Scope
from services.tiering import actions

_NOW = datetime(2026, 3, 3, 4, tzinfo=UTC)
_TODAY = date(2026, 3, 3)
_FILL = """
INSERT INTO standing (customer_id, tier, reason, fired, automatic, policy_version, number, change, branch, as_of,
                      measures_version, inputs, since, decided_at)
SELECT gen_random_uuid(), tier, reason, reason, tier, 1, 1, 1, 'B' || lpad((n % 200)::text, 3, '0'), $2, 1,
       jsonb_build_object(
           'assets', jsonb_build_object('currency', 'CNY', 'days_30', assets, 'days_90', assets, 'days_180', assets,
                                        'growth_180_bp', CASE WHEN n % 10 > 0 THEN growth END),
           'activity', jsonb_build_object('dealings_90', n % 90, 'logins_90', n % 70, 'channels_90', n % 5,
                                          'payroll', n % 3 = 0, 'products', jsonb_build_array('demand', 'fund'),
                                          'contribution_fen', assets / 60),
           'need', jsonb_build_object('kind', 'settling'),
           'life_cycle', jsonb_build_object('life_stage', 'family', 'relation_stage', 'mature', 'age', 20 + n % 60,
                                            'history_days', 400)),
       $3, $3
FROM (SELECT n, assets, growth,
             CASE WHEN assets > 50000000 OR assets / 60 >= 1000000 THEN 'vip' WHEN n % 10 > 0 AND growth >= 3000
                  THEN 'potential' ELSE 'ordinary' END AS tier,
             CASE WHEN assets > 50000000 THEN 'vip.assets' WHEN assets / 60 >= 1000000 THEN 'vip.contribution'
                  WHEN n % 10 > 0 AND growth >= 3000 THEN 'potential.growth' ELSE 'ordinary.everyday' END AS reason
      FROM (SELECT n, (random() * random() * random() * 300000000)::bigint AS assets, (random() * 8000 - 4000)::int AS growth
            FROM generate_series(1, $1::int) n))
"""
_BARE = "SELECT tier, branch, inputs -> 'assets' ->> 'days_90' > '5', count(*) FROM standing GROUP BY 1, 2, 3"


@dataclass(frozen=True, slots=True)
class Simulating:
    """Seconds of a simulation, and of the bare scan; how many would move."""

    customers: int
    seconds: float
    bare_seconds: float
    moved: int


async def simulating(url: str, count: int, *, rounds: int) -> Simulating:
    """The best of `rounds` each, in turn, on a database with `count` customers."""
    await upgrade("tiering", url)
    database = Database(url, service="tiering")
    await database.open()
    bare: asyncpg.Connection = await asyncpg.connect(url)
    try:
        async with database.begin() as session:
            await actions.seed_policies(session, now=_NOW)
        await bare.execute("BEGIN")
        await bare.execute("SET LOCAL synchronous_commit = off")
        await bare.execute(_FILL, count, _TODAY, _NOW)
        await bare.execute("COMMIT")
        await bare.execute("VACUUM ANALYZE standing")
        version = await _drafted(database)
        ours, limit, moved = [], [], 0
        for _ in range(rounds):
            begun = time.perf_counter()
            await bare.fetch(_BARE)
            limit.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            moved = await _simulated(database, version, count)
            ours.append(time.perf_counter() - begun)
        return Simulating(count, min(ours), min(limit), moved)
    finally:
        await bare.close()
        await database.close()


async def _drafted(database: Database) -> int:
    async with database.begin() as session:
        return await actions.draft_policy(
            session, caller=_person(), document=_stricter(), effective_from=_TODAY, now=_NOW, today=_TODAY
        )


async def _simulated(database: Database, version: int, count: int) -> int:
    async with database.begin() as session:
        simulated = await actions.simulate_policy(session, caller=_person(), version=version, now=_NOW)
    assert simulated.found.customers == count
    return sum(line.customers for line in simulated.found.moves.values())


def _person() -> Capability:
    return Capability("bench", (Role.PRODUCT_MANAGER,), frozenset({Scope.POLICY_WRITE}), Purpose.OPERATIONS, Reach.ALL)


def _stricter() -> dict[str, Any]:  # Any: a JSON document
    """The default policy with a higher threshold for VIP and a lower one for Potential."""
    text = resources.files("services.tiering").joinpath("policies/default.cny.json").read_bytes()
    document = orjson.loads(text)
    rules = document["table"]["nodes"][1]["content"]["rules"]
    rules[0]["assets"], rules[2]["growth"] = "> 80000000", ">= 2000"
    made: dict[str, Any] = document  # Any: as above
    return made
