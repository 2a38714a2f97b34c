"""Simulating a policy: the same answer as really publishing it, and nothing written."""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import driver
from chassis.ids import new_id
from contracts.values import Tier
from services.tiering import actions
from services.tiering.deciding_store import held_of
from services.tiering.rules import FACTS, RANK, Manual, facts_of
from services.tiering.rules.buckets import bounds, representative
from services.tiering.rules.simulating import Effect
from services.tiering.simulation_store import IN_STORE
from tests.services.tiering.builders import at_once, changed, measured, measures, table
from tests.services.tiering.test_actions import ANN, BOB, TODAY, rows, told
from tests.services.tiering.test_runs import Still, turns

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
FALLEN = NOW - timedelta(days=40)


@pytest.fixture
async def clock():
    found = Still()
    found.advance(NOW - found.now())
    return found


@pytest.fixture
async def session(service_session, clock):
    session = await service_session("tiering", clock=clock)
    await actions.seed_policies(session, now=FALLEN)
    return session


def policy_of(vip, contribution, growth, grace):
    def change(made):
        first, second, third, _ = table(made)["rules"]
        first["assets"], second["contribution"], third["growth"] = f"> {vip}", f">= {contribution}", f">= {growth}"
        made["downgrade"] = {"grace_days": grace, "max_steps": 1}

    return changed(change)


async def draft(session, made):
    return await actions.draft_policy(session, caller=ANN, document=made, effective_from=TODAY, now=NOW, today=TODAY)


async def simulate(session, version):
    return (await actions.simulate_policy(session, caller=ANN, version=version, now=NOW)).found


async def publish(session, version, clock):
    await actions.approve_policy(session, caller=BOB, version=version, now=NOW, today=TODAY)
    (run,) = await rows(session, "SELECT id FROM run WHERE kind = 'policy' ORDER BY id DESC LIMIT 1")
    await turns(session, run["id"], clock)


async def populate(session, people):
    """People with measures of long ago and of yesterday; so some wait, for some the wait is over, some are held by hand."""
    for assets, growth, fallen, branch, by_hand in people:
        customer = new_id()
        first = measured(customer, assets=assets, growth=growth, branch=branch)
        await actions.decide_customers(session, measured=[first], now=FALLEN, today=TODAY)
        if fallen:
            later = measured(customer, version=2, assets=0, growth=None, branch=branch)
            at = FALLEN if fallen == "long ago" else NOW - timedelta(days=1)
            await actions.decide_customers(session, measured=[later], now=at, today=TODAY)
        if by_hand:
            asked = Manual(by_hand, "risk-hold", NOW + timedelta(days=5))
            given = await actions.ask_manual(session, caller=ANN, customer_id=customer, asked=asked, now=FALLEN)
            await actions.approve_manual(session, caller=BOB, customer_id=customer, manual_id=given, now=FALLEN, today=TODAY)


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([0, 1_000, 50_000_000, 50_000_001, 90_000_000]),
        st.sampled_from([None, -500, 2_999, 3_000, 9_000]),
        st.sampled_from([None, None, "long ago", "yesterday"]),
        st.sampled_from(["B001", "B002"]),
        st.sampled_from([None, None, None, Tier.ORDINARY, Tier.VIP]),
    ),
    min_size=1,
    max_size=12,
)
POLICIES = st.builds(
    policy_of,
    vip=st.sampled_from([999, 49_999_999, 50_000_000, 80_000_000]),
    contribution=st.sampled_from([1, 1_000_000]),
    growth=st.sampled_from([-1_000, 2_999, 3_000, 3_001]),
    grace=st.sampled_from([0, 30]),
)
STANDS = "SELECT customer_id, tier, automatic, grace_until, manual_tier, manual_code, manual_until, branch FROM standing"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=PEOPLE, made=POLICIES)
async def test_a_simulation_says_what_publishing_then_does(session, clock, people, made):
    await (await driver(session)).execute("SAVEPOINT before")
    await populate(session, people)
    version = await draft(session, made)
    found = await simulate(session, version)
    before = {row["customer_id"]: row for row in await rows(session, STANDS)}
    await publish(session, version, clock)
    (run,) = await rows(session, "SELECT up, down, decided FROM run WHERE kind = 'policy' ORDER BY id DESC LIMIT 1")
    assert (found.effects[Effect.UP], found.effects[Effect.DOWN], found.customers) == (run["up"], run["down"], run["decided"])
    effects, branches = Counter(), {}
    for row in await rows(session, STANDS):
        effect = what_happened(before[row["customer_id"]], row)
        effects[effect] += 1
        branches.setdefault(row["branch"], dict.fromkeys(Effect, 0))[effect] += 1
    assert found.effects == dict.fromkeys(Effect, 0) | effects
    assert found.branches == branches
    await (await driver(session)).execute("ROLLBACK TO SAVEPOINT before")


def what_happened(before, after):
    steps = RANK[Tier(after["tier"])] - RANK[Tier(before["tier"])]
    if steps:
        return Effect.UP if steps > 0 else Effect.DOWN
    waits = after["grace_until"] is not None and held_of(after).manual is None
    return Effect.WAITS if waits else Effect.STAYS


async def test_a_simulation_writes_nothing_but_its_audit_entry(session):
    await populate(session, [(90_000_000, None, None, "B001", None), (0, 4_000, None, "B002", None)])
    version = await draft(session, policy_of(100_000_000, 2_000_000, 5_000, 30))
    query = "SELECT *, xmin::text FROM standing ORDER BY customer_id"
    before, events = await rows(session, query), await told(session)
    await simulate(session, version)
    assert await rows(session, query) == before
    assert await told(session) == events
    acts = [act for act in await told(session, "tiering.audit.recorded.v1") if act["act"] == "policy.simulated"]
    assert [(act["details"]["version"], act["details"]["customers"]) for act in acts] == [(version, 2)]


async def test_each_move_names_its_reason_and_customers_who_go_that_way(session):
    await populate(session, [(90_000_000, None, None, f"B{n:03}", None) for n in range(9)])
    made = policy_of(100_000_000, 2_000_000, 3_000, 30)
    at_once(made)
    found = await simulate(session, await draft(session, made))
    ((move, line),) = found.moves.items()
    assert (move.effect, move.previous, move.tier, move.reason) == ("down", "vip", "ordinary", "ordinary.everyday")
    assert (line.customers, len(set(line.examples))) == (9, 5)
    everybody = {row["customer_id"] for row in await rows(session, "SELECT customer_id FROM standing")}
    assert set(line.examples) <= everybody


async def test_every_fact_can_be_grouped_and_reads_the_same_in_the_store_as_in_the_rules(session):
    assert set(IN_STORE) == set(FACTS)
    inputs = measures(assets=7, growth=-5, contribution=12)
    for name, value in facts_of(inputs).items():
        (row,) = await rows(
            session,
            f"SELECT ({IN_STORE[name]})::text AS found FROM (SELECT $1::jsonb AS inputs)",
            orjson.dumps(inputs).decode(),
        )
        assert row["found"] == (str(value).lower() if isinstance(value, bool) else str(value)), name


@given(st.lists(st.integers(-50, 50), max_size=4), st.integers(-60, 60))
def test_a_value_and_the_representative_of_its_range_compare_alike_with_every_integer_of_the_cells(numbers, value):
    begins = bounds([f">= {number}" for number in numbers])
    stands_for = representative(bisect_right(begins, value), begins)
    for number in numbers:
        assert (value > number, value == number) == (stands_for > number, stands_for == number)
