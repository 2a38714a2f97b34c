"""Runs that decide about everybody again: nightly, on request, and for a new policy."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.clock import Clock
from chassis.database import driver
from chassis.ids import new_id
from services.tiering import actions
from services.tiering.actions.deciding import decide_currency
from services.tiering.actions.runs import NIGHT, TURN
from services.tiering.settings import Settings
from tests.services.tiering.builders import VIP_FEN, at_once, changed, measured, table
from tests.services.tiering.test_actions import ANN, BOB, rows, told


class Still(Clock):
    """A clock that stands, at half past two in Shanghai on 4 March 2026."""

    def now(self):
        return datetime(2026, 3, 3, 18, 30, tzinfo=UTC) + self._offset


TODAY = date(2026, 3, 4)


@pytest.fixture
async def clock():
    return Still()


@pytest.fixture
async def session(service_session, clock):
    session = await service_session("tiering", clock=clock)
    await actions.seed_policies(session, now=clock.now())
    return session


def settings_of(**given):
    return Settings(database_url="postgresql://unused", nats_url="nats://unused", **given)


async def run_of(session, run_id):
    (found,) = await rows(session, "SELECT * FROM run WHERE id = $1", run_id)
    return found


async def turns(session, run_id, clock, **given):
    """Give a run its turns until it has no timer that is due. Returns how many it took."""
    for turn in range(1, 30):
        await (await driver(session)).execute("UPDATE timer SET state = 'fired' WHERE kind = $1 AND key = $2", TURN, str(run_id))
        await actions.take_turn(session, run_id=run_id, clock=clock, settings=settings_of(**given))
        due = await rows(
            session,
            "SELECT 1 FROM timer WHERE kind = $1 AND key = $2 AND state = 'due' AND due_at <= $3",
            TURN,
            str(run_id),
            clock.now(),
        )
        if not due:
            return turn
    raise AssertionError("the run does not end")


async def population(session, clock, count=23):
    given = [measured(assets=50_000_001 + number * 10_000_000) for number in range(count)]
    await actions.decide_customers(session, measured=given, now=clock.now(), today=TODAY)
    return given


async def stricter(session, clock):
    made = changed(lambda made: (at_once(made), table(made)["rules"][0].update(assets="> 150000001")))
    version = await actions.draft_policy(session, caller=ANN, document=made, effective_from=TODAY, now=clock.now(), today=TODAY)
    await actions.approve_policy(session, caller=BOB, version=version, now=clock.now(), today=TODAY)
    (run,) = await rows(session, "SELECT id FROM run WHERE kind = 'policy'")
    return run["id"]


async def test_a_new_policy_that_takes_effect_today_decides_about_everybody_block_by_block(session, clock):
    await population(session, clock)
    run_id = await stricter(session, clock)
    assert await turns(session, run_id, clock, run_block=5, run_blocks_per_turn=2) == 3
    run = await run_of(session, run_id)
    assert (run["state"], run["decided"], run["up"], run["down"], run["unchanged"]) == ("done", 23, 0, 11, 12)
    tiers = await rows(session, "SELECT tier, count(*) AS n FROM standing GROUP BY tier ORDER BY tier")
    assert tiers == [{"tier": "ordinary", "n": 11}, {"tier": "vip", "n": 12}]
    assert {row["policy_version"] for row in await rows(session, "SELECT policy_version FROM standing")} == {3}
    assert [event["tier"] for event in await told(session)].count("ordinary") == 11


async def test_a_run_gives_the_same_state_as_deciding_one_by_one(session, clock):
    given = await population(session, clock)
    await turns(session, await stricter(session, clock), clock, run_block=4)
    query = "SELECT customer_id, tier, reason, number, change, policy_version, inputs FROM standing ORDER BY customer_id"
    after_run = await rows(session, query)
    for one in given:
        await actions.decide_customers(session, measured=[one], now=clock.now(), today=TODAY)
    assert await rows(session, query) == after_run


async def test_a_run_under_the_same_policy_changes_nothing(session, clock):
    await population(session, clock)
    before = await rows(session, "SELECT *, xmin::text FROM standing ORDER BY customer_id")
    run_id = await actions.request_run(session, kind="requested", requested_by="ann", now=clock.now(), today=TODAY)
    await turns(session, run_id, clock)
    assert (await run_of(session, run_id))["unchanged"] == 23
    assert await rows(session, "SELECT *, xmin::text FROM standing ORDER BY customer_id") == before


async def test_a_run_never_overwrites_a_decision_on_newer_measures(session, clock):
    customer = new_id()
    late = measured(customer, version=1)
    newer = measured(customer, version=2, assets=VIP_FEN)
    await actions.decide_customers(session, measured=[late, newer], now=clock.now(), today=TODAY)
    decided = await decide_currency(session, [late], currency="CNY", now=clock.now(), today=TODAY, only_if_same_measures=True)
    assert decided == []
    (standing,) = await rows(session, "SELECT tier, measures_version FROM standing")
    assert standing == {"tier": "vip", "measures_version": 2}


async def test_a_currency_that_lost_its_policy_is_counted_as_skipped_and_the_run_goes_on(session, clock):
    await population(session, clock, 2)
    await (await driver(session)).execute("UPDATE standing SET inputs = jsonb_set(inputs, '{assets,currency}', '\"USD\"')")
    run_id = await actions.request_run(session, kind="requested", requested_by="ann", now=clock.now(), today=TODAY)
    await turns(session, run_id, clock)
    run = await run_of(session, run_id)
    assert (run["state"], run["skipped"], run["decided"]) == ("done", 2, 0)


async def night(session, clock):
    await actions.begin_night(session, now=clock.now(), today=TODAY)
    (run,) = await rows(session, "SELECT id FROM run WHERE kind = 'nightly'")
    return run["id"]


async def test_the_night_waits_for_the_feed_of_the_day_before_and_says_so(session, clock):
    await population(session, clock, 3)
    run_id = await night(session, clock)
    await actions.hear_feed(session, feed="core", version=1, day=date(2026, 3, 2), now=clock.now())
    await turns(session, run_id, clock)
    run = await run_of(session, run_id)
    assert (run["state"], run["looks"], run["feed_day"]) == ("waiting", 1, date(2026, 3, 2))
    assert run["note"] == "feed is complete to 2026-03-02, needed is 2026-03-03"
    (timer,) = await rows(session, "SELECT due_at FROM timer WHERE kind = $1 AND state = 'due'", TURN)
    assert timer["due_at"] == clock.now() + timedelta(minutes=15)


async def test_the_feed_wakes_the_night_that_waits_for_it(session, clock):
    await population(session, clock, 3)
    run_id = await night(session, clock)
    await turns(session, run_id, clock)
    assert (await run_of(session, run_id))["note"] == "feed is complete to no day yet, needed is 2026-03-03"
    await actions.hear_feed(session, feed="core", version=1, day=date(2026, 3, 3), now=clock.now())
    (timer,) = await rows(session, "SELECT due_at FROM timer WHERE kind = $1 AND state = 'due'", TURN)
    assert timer["due_at"] == clock.now()
    await turns(session, run_id, clock)
    run = await run_of(session, run_id)
    assert (run["state"], run["decided"], run["note"]) == ("done", 3, None)


async def test_a_night_whose_feed_never_comes_is_given_up_after_its_looks(session, clock):
    run_id = await night(session, clock)
    for _ in range(3):
        await turns(session, run_id, clock, feed_looks=3)
        clock.advance(timedelta(minutes=15))
    run = await run_of(session, run_id)
    assert (run["state"], run["looks"]) == ("given_up", 3)


async def test_a_night_has_one_run_however_often_its_timer_fires(session, clock):
    await night(session, clock)
    await night(session, clock)
    (timer,) = await rows(session, "SELECT due_at FROM timer WHERE kind = $1", NIGHT)
    assert timer["due_at"] == clock.now() + timedelta(days=1)


async def test_a_night_that_came_due_while_nobody_ran_still_fires_after_the_start(session, clock):
    await actions.ensure_night(session, now=clock.now() - timedelta(hours=5))
    await actions.ensure_night(session, now=clock.now() + timedelta(hours=5))
    (timer,) = await rows(session, "SELECT due_at FROM timer WHERE kind = $1", NIGHT)
    assert timer["due_at"] == clock.now()
