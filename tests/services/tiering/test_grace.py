"""Grace periods and tiers by hand on a real PostgreSQL: the look that ends them, events without holes, replay."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.values import Tier
from services.tiering import actions, store
from services.tiering.rules import RANK, Manual
from services.tiering.rules.manual import (
    ManualApproverRequested,
    ManualClosed,
    ManualEndPast,
    ManualReasonUnknown,
    ManualTooLong,
)
from services.tiering.settings import Settings
from tests.services.tiering.builders import VIP_FEN, measured
from tests.services.tiering.test_actions import ANN, BOB, TODAY, rows, told

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
SETTINGS = Settings(database_url="postgresql://unused", nats_url="nats://unused", run_block=2)


@pytest.fixture
async def session(service_session):
    session = await service_session("tiering")
    await actions.seed_policies(session, now=NOW)
    return session


def day(number):
    return NOW + timedelta(days=number)


async def decide(session, *given, at=NOW):
    await actions.decide_customers(session, measured=given, now=at, today=TODAY)


async def look(session, at):
    for _ in range(3):
        await actions.end_grace(session, now=at, today=TODAY, settings=SETTINGS)


async def stands(session, customer):
    query = "SELECT tier, reason, automatic, fired, grace_until, change FROM standing WHERE customer_id = $1"
    (row,) = await rows(session, query, customer)
    return row


async def replayed(session, customer, at):
    return await actions.replay(session, await store.decision_at(session, customer, at))


async def test_a_pending_downgrade_is_stored_noted_and_not_told(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    await decide(session, measured(customer, version=2), at=day(1))
    assert await stands(session, customer) == {
        "tier": "vip",
        "reason": "downgrade.grace",
        "automatic": "vip",
        "fired": "ordinary.everyday",
        "grace_until": day(31),
        "change": 1,
    }
    noted = await rows(session, "SELECT reason, held, grace_until FROM decision ORDER BY number")
    assert noted[1] == {"reason": "downgrade.grace", "held": "vip", "grace_until": day(31)}
    assert len(await told(session)) == 1


async def test_the_look_takes_everybody_whose_grace_is_over_down_one_step_and_no_further(session):
    people = [new_id() for _ in range(5)]
    await decide(session, *(measured(one, assets=VIP_FEN) for one in people))
    await decide(session, *(measured(one, version=2) for one in people), at=day(1))
    await look(session, day(30))
    assert {(await stands(session, one))["tier"] for one in people} == {"vip"}
    await look(session, day(31))
    assert {(await stands(session, one))["tier"] for one in people} == {"potential"}
    await look(session, day(60))
    await look(session, day(61))
    assert {(await stands(session, one))["tier"] for one in people} == {"ordinary"}
    events = [event for event in await told(session) if event["customer_id"] == str(people[0])]
    assert [(event["version"], event["tier"], event["reason"]) for event in events] == [
        (1, "vip", "vip.assets"),
        (2, "potential", "downgrade.grace"),
        (3, "ordinary", "ordinary.everyday"),
    ]


async def test_who_recovers_within_the_grace_period_never_falls(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    await decide(session, measured(customer, version=2), at=day(1))
    await decide(session, measured(customer, version=3, assets=VIP_FEN), at=day(20))
    await look(session, day(31))
    assert (await stands(session, customer))["grace_until"] is None
    assert len(await told(session)) == 1


STORIES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["look", "ordinary", "potential", "vip"])), min_size=1, max_size=12
)
MEASURES = {"ordinary": {}, "potential": {"growth": 3_000}, "vip": {"assets": VIP_FEN}}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES)
async def test_no_story_falls_two_tiers_or_leaves_a_hole_in_events_and_every_decision_replays(session, story):
    customer, version, at = new_id(), 0, NOW
    for days, what in [(0, "vip"), *story]:
        at += timedelta(days=days)
        if what == "look":
            await look(session, at)
            continue
        version += 1
        await decide(session, measured(customer, version=version, **MEASURES[what]), at=at)
    events = [event for event in await told(session) if event["customer_id"] == str(customer)]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    for before, after in pairwise(events):
        assert after["previous"] == before["tier"]
        assert RANK[Tier(before["tier"])] - RANK[Tier(after["tier"])] <= 1
    for row in await store.history(session, customer, before=None, limit=100):
        assert (await actions.replay(session, row)).identical


async def test_a_replay_says_what_differs(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    row = dict(await store.decision_at(session, customer, NOW))
    row.update(tier="potential", fired="potential.growth")
    found = await actions.replay(session, row)
    assert (found.identical, found.differences) == (False, ("tier", "fired"))


async def ask(session, customer, *, by=ANN, tier=Tier.VIP, code="key-relationship", until=None, at=NOW):
    asked = Manual(tier, code, until or day(60))
    return await actions.ask_manual(session, caller=by, customer_id=customer, asked=asked, now=at)


async def approve(session, customer, manual, *, by=BOB, at=NOW):
    await actions.approve_manual(session, caller=by, customer_id=customer, manual_id=manual, now=at, today=TODAY)


async def test_a_tier_by_hand_is_told_holds_over_new_measures_and_ends_by_its_timer(session):
    customer = new_id()
    await decide(session, measured(customer))
    manual = await ask(session, customer)
    assert (await stands(session, customer))["tier"] == "ordinary"
    await approve(session, customer, manual)
    await decide(session, measured(customer, version=2, growth=3_000), at=day(5))
    held = await stands(session, customer)
    assert (held["tier"], held["reason"], held["automatic"]) == ("vip", "manual.key-relationship", "potential")
    (timer,) = await rows(session, "SELECT due_at FROM timer WHERE kind = 'tiering.manual.ends' AND key = $1", str(manual))
    assert timer["due_at"] == day(60)
    await actions.manual_is_over(session, manual_id=manual, now=day(60), today=TODAY)
    events = await told(session)
    assert [(event["version"], event["tier"], event["reason"]) for event in events] == [
        (1, "ordinary", "ordinary.everyday"),
        (2, "vip", "manual.key-relationship"),
        (3, "potential", "potential.growth"),
    ]
    acts = {act["act"] for act in await told(session, "tiering.audit.recorded.v1")}
    assert {"tier.manual.requested", "tier.manual.approved", "tier.manual.ended"} <= acts
    for moment in (NOW, day(5), day(60)):
        assert (await replayed(session, customer, moment)).identical


async def test_who_asked_for_a_tier_can_neither_approve_nor_reject_it(session):
    customer = new_id()
    await decide(session, measured(customer))
    manual = await ask(session, customer)
    with pytest.raises(ManualApproverRequested):
        await approve(session, customer, manual, by=ANN)
    with pytest.raises(ManualApproverRequested):
        await actions.reject_manual(session, caller=ANN, customer_id=customer, manual_id=manual, now=NOW)
    await actions.reject_manual(session, caller=BOB, customer_id=customer, manual_id=manual, now=NOW)
    with pytest.raises(ManualClosed):
        await approve(session, customer, manual)
    assert (await stands(session, customer))["tier"] == "ordinary"


async def test_a_tier_by_hand_needs_a_known_reason_a_coming_end_and_one_open_request(session):
    customer = new_id()
    with pytest.raises(actions.NoDecision):
        await ask(session, customer)
    await decide(session, measured(customer))
    with pytest.raises(ManualReasonUnknown):
        await ask(session, customer, code="because")
    with pytest.raises(ManualEndPast):
        await ask(session, customer, until=NOW)
    with pytest.raises(ManualTooLong):
        await ask(session, customer, until=day(367))
    manual = await ask(session, customer)
    with pytest.raises(actions.ManualOpen):
        await ask(session, customer)
    with pytest.raises(actions.ManualUnknown):
        await approve(session, uuid4(), manual)
    with pytest.raises(ManualEndPast):
        await approve(session, customer, manual, at=day(60))


async def test_a_tier_by_hand_that_is_ended_early_gives_the_automatic_one_back(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    manual = await ask(session, customer, tier=Tier.ORDINARY, code="risk-hold", until=day(30))
    await approve(session, customer, manual)
    assert (await stands(session, customer))["tier"] == "ordinary"
    await actions.end_manual(session, caller=ANN, customer_id=customer, manual_id=manual, now=day(1), today=TODAY)
    assert await stands(session, customer) == {
        "tier": "vip",
        "reason": "vip.assets",
        "automatic": "vip",
        "fired": "vip.assets",
        "grace_until": None,
        "change": 3,
    }
    await actions.manual_is_over(session, manual_id=manual, now=day(30), today=TODAY)
    assert len(await told(session)) == 3
