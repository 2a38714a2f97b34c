"""Decisions and policies on a real PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.auth import Capability
from chassis.database import driver
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role, Scope, Tier
from services.tiering import actions, policy_store, publishing
from tests.services.tiering.builders import VIP_FEN, at_once, changed, document, measured, table

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 3)


def person(name):
    return Capability(name, (Role.PRODUCT_MANAGER,), frozenset({Scope.POLICY_WRITE}), Purpose.OPERATIONS, Reach.ALL)


ANN, BOB = person("ann"), person("bob")


@pytest.fixture
async def session(service_session):
    session = await service_session("tiering")
    await actions.seed_policies(session, now=NOW)
    return session


async def decide(session, *given, now=NOW):
    return await actions.decide_customers(session, measured=given, now=now, today=TODAY)


async def rows(session, sql, *args):
    return [dict(row) for row in await (await driver(session)).fetch(sql, *args)]


async def told(session, kind="tiering.tier.changed.v1"):
    found = await rows(session, "SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", kind)
    return [orjson.loads(row["payload"])["data"] for row in found]


async def test_the_default_policies_are_published_once_by_two_names(session):
    assert await actions.seed_policies(session, now=NOW) == []
    found = await rows(session, "SELECT version, status, currency, drafted_by, approved_by FROM policy ORDER BY version")
    assert [(row["version"], row["status"], row["currency"]) for row in found] == [
        (1, "published", "CNY"),
        (2, "published", "CZK"),
    ]
    assert {(row["drafted_by"], row["approved_by"]) for row in found} == {("steward", "handbook")}


async def test_a_first_decision_is_stored_noted_and_told_with_its_package(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    (standing,) = await rows(session, "SELECT * FROM standing")
    (noted,) = await rows(session, "SELECT * FROM decision")
    (event,) = await told(session)
    assert (standing["tier"], standing["reason"], standing["number"], standing["change"]) == ("vip", "vip.assets", 1, 1)
    assert (noted["number"], noted["previous"], noted["policy_version"]) == (1, None, 1)
    assert noted["inputs"]["assets"]["days_90"] == VIP_FEN
    assert event == {
        "customer_id": str(customer),
        "version": 1,
        "tier": "vip",
        "previous": None,
        "reason": "vip.assets",
        "policy_version": 1,
        "as_of": "2026-03-02",
        "decided_at": "2026-03-03T04:00:00Z",
        "package": "vip.one-plus-n",
    }


async def test_the_same_decision_on_newer_measures_moves_only_the_standing(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    later = NOW + timedelta(days=1)
    await decide(session, measured(customer, version=2, assets=VIP_FEN + 5, as_of=date(2026, 3, 3)), now=later)
    (standing,) = await rows(session, "SELECT as_of, measures_version, since, decided_at, number FROM standing")
    assert standing == {
        "as_of": date(2026, 3, 3),
        "measures_version": 2,
        "since": NOW,
        "decided_at": later,
        "number": 1,
    }
    assert len(await told(session)) == 1


async def test_another_reason_for_the_same_tier_is_noted_and_not_told(session):
    customer = new_id()
    await decide(session, measured(customer, assets=VIP_FEN))
    await decide(session, measured(customer, version=2, contribution=1_000_000))
    noted = await rows(session, "SELECT number, tier, previous, reason FROM decision ORDER BY number")
    assert noted[1] == {"number": 2, "tier": "vip", "previous": "vip", "reason": "vip.contribution"}
    assert len(await told(session)) == 1


async def test_a_customer_who_stands_twice_in_a_batch_is_decided_about_twice_in_order(session):
    customer = new_id()
    await decide(session, measured(customer), measured(customer, version=2, assets=VIP_FEN), measured(customer, version=3))
    events = await told(session)
    assert [(event["version"], event["previous"], event["tier"]) for event in events] == [
        (1, None, "ordinary"),
        (2, "ordinary", "vip"),
    ]


async def test_each_currency_is_decided_under_its_own_policy(session):
    rich_in_crowns = measured(assets=6_000_001, currency="CZK")
    await decide(session, measured(assets=6_000_001), rich_in_crowns)
    (vip,) = await rows(session, "SELECT customer_id, policy_version FROM standing WHERE tier = 'vip'")
    assert vip == {"customer_id": rich_in_crowns.customer_id, "policy_version": 2}


async def test_measures_in_a_currency_without_a_policy_are_refused(session):
    with pytest.raises(actions.NoPolicyInForce):
        await decide(session, measured(currency="USD"))


TIMES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0, VIP_FEN]), st.sampled_from([0, 1_000_000]), st.sampled_from([None, 3_000])),
    max_size=25,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=TIMES)
async def test_a_set_gives_the_same_state_and_events_as_one_by_one(session, times):
    versions: dict[int, int] = {}
    batches = []
    for one_by_one in (False, True):
        people = [new_id() for _ in range(5)]
        versions.clear()
        given = []
        for who, assets, contribution, growth in times:
            versions[who] = versions.get(who, 0) + 1
            given.append(measured(people[who], version=versions[who], assets=assets, contribution=contribution, growth=growth))
        for part in [[one] for one in given] if one_by_one else [given]:
            await decide(session, *part)
        batches.append(await state_of(session, people))
    assert batches[0] == batches[1]


async def state_of(session, people):
    """Standings, decisions and events of five people, by their place instead of their id."""
    place = {str(person): number for number, person in enumerate(people)}
    standing = await rows(session, "SELECT *, 0 AS number_in_history FROM standing WHERE customer_id = ANY($1)", people)
    decisions = await rows(session, "SELECT *, number AS number_in_history FROM decision WHERE customer_id = ANY($1)", people)
    events = [{**event, "number_in_history": 0} for event in await told(session) if event["customer_id"] in place]

    def by_place(found):
        placed = [{**row, "customer_id": place[str(row["customer_id"])]} for row in found]
        return sorted(placed, key=lambda row: (row["customer_id"], row["number_in_history"], row.get("version", 0)))

    return by_place(standing), by_place(decisions), by_place(events)


def stricter(made):
    at_once(made)
    table(made)["rules"][0]["assets"] = "> 100000000"


async def draft(session, *, by=ANN, made=None, effective_from=TODAY):
    return await actions.draft_policy(
        session, caller=by, document=made or changed(stricter), effective_from=effective_from, now=NOW, today=TODAY
    )


async def approve(session, version, *, by=BOB, today=TODAY):
    await actions.approve_policy(session, caller=by, version=version, now=NOW, today=today)


async def test_who_drafted_a_policy_cannot_approve_it(session):
    version = await draft(session)
    with pytest.raises(actions.PolicyApproverDrafted):
        await approve(session, version, by=ANN)
    await approve(session, version, by=BOB)
    assert {act["act"] for act in await told(session, "tiering.audit.recorded.v1")} == {"policy.drafted", "policy.approved"}


async def test_the_database_refuses_one_person_in_both_roles_too(session):
    version = await draft(session)
    with pytest.raises(asyncpg.CheckViolationError, match="two_persons"):
        await policy_store.publish(session, version, approved_by="ann", now=NOW)


async def test_a_published_policy_is_final_for_everybody(session):
    with pytest.raises(actions.PolicyIsPublished):
        await approve(session, 1)
    with pytest.raises(asyncpg.RestrictViolationError):
        await rows(session, "UPDATE policy SET document = '{}' WHERE version = 1")


async def test_a_decision_in_the_history_cannot_be_changed(session):
    await decide(session, measured())
    with pytest.raises(asyncpg.RestrictViolationError):
        await rows(session, "UPDATE decision SET tier = 'vip'")


async def test_a_bad_policy_is_refused_before_it_is_kept(session):
    with pytest.raises(publishing.CellInvalid):
        await draft(session, made=changed(lambda made: table(made)["rules"][0].update(assets=">> 1")))
    assert len(await rows(session, "SELECT FROM policy")) == 2


async def test_a_policy_never_takes_effect_in_the_past(session):
    with pytest.raises(actions.PolicyReachesBack):
        await draft(session, effective_from=TODAY - timedelta(days=1))
    version = await draft(session)
    with pytest.raises(actions.PolicyReachesBack):
        await approve(session, version, today=TODAY + timedelta(days=1))


async def test_an_unknown_policy_cannot_be_approved(session):
    with pytest.raises(actions.PolicyUnknown):
        await approve(session, 99)


async def test_a_new_policy_decides_from_its_day_on_and_not_before(session):
    tomorrow = TODAY + timedelta(days=1)
    await approve(session, await draft(session, effective_from=tomorrow))
    one = measured(assets=VIP_FEN)
    assert [move.outcome.tier for move in await decide(session, one)] == [Tier.VIP]
    moves = await actions.decide_customers(session, measured=[one], now=NOW, today=tomorrow)
    assert [(move.before.tier, move.outcome.tier, move.change) for move in moves] == [(Tier.VIP, Tier.ORDINARY, 2)]


async def test_a_policy_published_by_another_process_is_noticed_by_the_next_decision(session):
    await decide(session, measured())  # this process now remembers version 1
    connection = await driver(session)
    made = changed(stricter)
    await connection.execute(
        """
        INSERT INTO policy SELECT 3, 'published', 'CNY', $1, $2::text::jsonb, 'x', 'ann', $3, 'bob', $3
        """,
        TODAY,
        orjson.dumps(made).decode(),
        NOW,
    )
    (move,) = await decide(session, measured(assets=VIP_FEN))
    assert (move.outcome.tier, move.before, move.change) == (Tier.ORDINARY, None, 1)


async def test_a_document_keeps_deciding_the_same_after_its_way_through_the_database(session):
    policy = await actions.in_force(session, currency="CNY", today=TODAY)
    again = await actions.policy_of(session, version=policy.version)
    assert policy.rows == again.rows
    assert [row.reason for row in policy.rows] == list(document()["texts"])
