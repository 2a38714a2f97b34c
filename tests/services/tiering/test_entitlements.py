"""What customers get with their tier: owed, given, missed, ended; on a real PostgreSQL and over HTTP."""

from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from itertools import pairwise

import asyncpg
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import driver
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role, Scope, Tier
from services.tiering import actions
from services.tiering.actions.entitling import owed_on
from services.tiering.main import SERVICE
from services.tiering.packages import CATALOGUE, PackageCatalogue
from services.tiering.rules.periods import Every, period_of
from tests.services.tiering.builders import VIP_FEN, at_once, changed, event, measured
from tests.services.tiering.test_actions import ANN, BOB, rows, told

START = date(2026, 3, 3)
SHIPPED = resources.files("services.tiering").joinpath("policies/packages.yaml")
MEASURES = {"ordinary": {}, "potential": {"growth": 3_000}, "vip": {"assets": VIP_FEN}}


def staff(role):
    return Capability("carl", (role,), frozenset({Scope.ENTITLEMENT_GIVE}), Purpose.SERVICE, Reach.OWN)


ADVISER, PRODUCT = staff(Role.ADVISER), staff(Role.PRODUCT_MANAGER)


def noon(day):
    return datetime.combine(day, time(12), tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture
async def session(service_session):
    """A bank whose policy takes customers down at once."""
    session = await service_session("tiering")
    await actions.seed_policies(session, now=noon(START))
    version = await actions.draft_policy(
        session, caller=ANN, document=changed(at_once), effective_from=START, now=noon(START), today=START
    )
    await actions.approve_policy(session, caller=BOB, version=version, now=noon(START), today=START)
    return session


async def become(session, customer, tier, *, day=START, version=1):
    one = measured(customer, version=version, **MEASURES[tier])
    await actions.decide_customers(session, measured=[one], now=noon(day), today=day)


async def night(session, day, *, block=1_000):
    await actions.take_entitlement_turn(session, after=None, now=noon(day), today=day, block=block)


async def held(session, customer):
    query = "SELECT * FROM entitlement WHERE customer_id = $1 ORDER BY period_from, service, id"
    return await rows(session, query, customer)


async def states(session, customer):
    return {(row["service"], row["period_from"]): row["state"] for row in await held(session, customer)}


async def give(session, customer, service, *, day=START, by=ADVISER):
    (row,) = [row for row in await held(session, customer) if row["service"] == service and row["state"] == "due"]
    await actions.give(
        session, caller=by, customer_id=customer, entitlement_id=row["id"], reference="visit.1", now=noon(day), today=day
    )


async def test_who_becomes_vip_is_owed_the_package_with_its_periods(session):
    customer = new_id()
    await become(session, customer, "vip")
    found = {row["service"]: (row["state"], row["period_from"], row["period_to"]) for row in await held(session, customer)}
    assert found == {
        "adviser-team": ("due", START, START + timedelta(days=7)),
        "allocation-review": ("due", date(2026, 1, 1), date(2026, 4, 1)),
        "private-salon": ("due", date(2026, 1, 1), date(2027, 1, 1)),
        "festival-gift": ("due", date(2026, 2, 18), date(2026, 6, 20)),
    }


async def test_a_tier_entered_at_the_end_of_a_period_owes_from_the_next_one_on(session):
    customer, day = new_id(), date(2026, 3, 26)
    await become(session, customer, "vip", day=day)
    assert "allocation-review" not in {service for service, _ in await states(session, customer)}
    await night(session, day + timedelta(days=1))
    assert "allocation-review" not in {service for service, _ in await states(session, customer)}
    await night(session, date(2026, 4, 1))
    assert (await states(session, customer))["allocation-review", date(2026, 4, 1)] == "due"


async def test_what_was_not_given_is_missed_after_its_last_day_and_owed_again_in_the_next_period(session):
    people = [new_id() for _ in range(3)]
    for one in people:
        await become(session, one, "vip")
    await give(session, people[0], "allocation-review")
    await night(session, date(2026, 3, 31))
    assert (await states(session, people[1]))["allocation-review", date(2026, 1, 1)] == "due"
    await night(session, date(2026, 4, 1))
    first = [(await states(session, one))["allocation-review", date(2026, 1, 1)] for one in people]
    assert first == ["given", "missed", "missed"]
    assert {(await states(session, one))["allocation-review", date(2026, 4, 1)] for one in people} == {"due"}
    before = await held(session, people[0])
    await night(session, date(2026, 4, 1))
    assert await held(session, people[0]) == before


async def test_the_night_goes_on_block_by_block(session):
    for _ in range(3):
        await become(session, new_id(), "vip")
    await night(session, date(2026, 4, 1), block=2)
    (timer,) = await rows(session, "SELECT due_at, payload::text FROM timer WHERE kind = 'tiering.entitlements'")
    assert (timer["due_at"], "after" in timer["payload"]) == (noon(date(2026, 4, 1)), True)


async def test_on_a_downgrade_due_ones_end_and_are_not_missed_and_coming_back_gives_nothing_twice(session):
    customer = new_id()
    await become(session, customer, "vip")
    await give(session, customer, "private-salon")
    await give(session, customer, "adviser-team")
    await become(session, customer, "ordinary", version=2, day=START + timedelta(days=1))
    left = await states(session, customer)
    assert left["allocation-review", date(2026, 1, 1)] == "ended"
    assert left["private-salon", date(2026, 1, 1)] == "given"
    assert "missed" not in left.values()
    await become(session, customer, "vip", version=3, day=START + timedelta(days=2))
    counted = [(row["service"], row["state"]) for row in await held(session, customer)]
    assert counted.count(("private-salon", "given")) == 1
    assert not {("private-salon", "due"), ("adviser-team", "due")} & set(counted)
    assert ("allocation-review", "due") in counted


async def test_only_who_owes_a_service_notes_it_as_given_and_only_once(session):
    customer = new_id()
    await become(session, customer, "vip")
    with pytest.raises(actions.EntitlementOwedByOthers):
        await give(session, customer, "allocation-review", by=PRODUCT)
    await give(session, customer, "allocation-review")
    (row,) = [row for row in await held(session, customer) if row["state"] == "given"]
    assert (row["given_by"], row["reference"], row["given_at"]) == ("carl", "visit.1", noon(START))
    same = {"entitlement_id": row["id"], "reference": "visit.2", "now": noon(START), "today": START}
    with pytest.raises(actions.EntitlementClosed):
        await actions.give(session, caller=ADVISER, customer_id=customer, **same)
    with pytest.raises(actions.EntitlementUnknown):
        await actions.give(session, caller=ADVISER, customer_id=new_id(), **same)
    with pytest.raises(actions.EntitlementClosed):
        await give(session, customer, "adviser-team", day=START + timedelta(days=7))
    (entry,) = [act for act in await told(session, "tiering.audit.recorded.v1") if act["act"] == "entitlement.given"]
    assert entry["customer_id"] == str(customer)


async def test_the_database_lets_nobody_change_what_was_given(session):
    customer = new_id()
    await become(session, customer, "vip")
    await give(session, customer, "allocation-review")
    with pytest.raises(asyncpg.CheckViolationError):
        await (await driver(session)).execute("UPDATE entitlement SET reference = 'other' WHERE state = 'given'")


STEPS = st.tuples(st.sampled_from([0, 1, 3, 8, 30, 45]), st.sampled_from(["night", "give", "vip", "potential", "ordinary"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(story=[(0, "give"), (1, "ordinary"), (1, "vip")])
@given(story=st.lists(STEPS, min_size=1, max_size=12))
async def test_no_story_gives_twice_in_a_period_or_misses_before_its_end_or_changes_what_is_settled(session, story):
    customer, version, day, settled = new_id(), 0, START, {}
    for days, what in [(0, "vip"), *story]:
        day += timedelta(days=days)
        if what == "night":
            await night(session, day)
        elif what == "give":
            live = [row for row in await held(session, customer) if row["state"] == "due" and row["period_to"] > day]
            for row in live:
                role = {Role.PRODUCT_MANAGER} & CATALOGUE.may_give[debtor_of(row["service"])]
                await give(session, customer, row["service"], day=day, by=PRODUCT if role else ADVISER)
        else:
            version += 1
            await become(session, customer, what, version=version, day=day)
        found = await held(session, customer)
        for row in found:
            assert row["id"] not in settled or settled[row["id"]] == row["state"]
            assert row["state"] != "missed" or row["closed_at"] >= noon(row["period_to"])
        settled = {row["id"]: row["state"] for row in found if row["state"] != "due"}
        assert_none_overlap([row for row in found if row["state"] != "ended"])


def debtor_of(code):
    (found,) = [one.owed_by for package in CATALOGUE.packages for one in package.services if one.code == code]
    return found


def assert_none_overlap(found):
    for service in {row["service"] for row in found}:
        periods = sorted((row["period_from"], row["period_to"]) for row in found if row["service"] == service)
        assert all(before[1] <= after[0] for before, after in pairwise(periods))


PERIODIC = sorted(set(Every) - {Every.ONCE, Every.ALWAYS})


@given(day=st.dates(date(2025, 3, 1), date(2030, 3, 1)), every=st.sampled_from(PERIODIC))
def test_periods_hold_their_day_and_follow_each_other_without_a_gap(day, every):
    festivals = CATALOGUE.festival_days()
    period = period_of(every, day=day, festivals=festivals)
    assert period.first <= day < period.end
    assert period_of(every, day=period.end, festivals=festivals).first == period.end
    assert period_of(every, day=period.end - timedelta(days=1), festivals=festivals) == period


def test_nothing_is_owed_for_a_festival_whose_day_is_not_published():
    assert "festival-gift" not in {one.service for one in owed_on(date(2035, 1, 1))}
    assert "allocation-review" in {one.service for one in owed_on(date(2035, 1, 1))}


def test_every_tier_but_the_services_that_are_always_there_owes_something():
    assert {one.tier for one in owed_on(START)} == set(Tier)
    assert "convenience-corner" not in {one.service for one in owed_on(START)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda made: made["may_give"].pop("app"), "debtor"),
        (lambda made: made["packages"][0]["services"].append(made["packages"][1]["services"][0]), "twice"),
        (lambda made: made["packages"][0]["services"][0].pop("within_days"), "within_days"),
    ],
)
def test_a_catalogue_that_could_not_be_followed_is_refused(change, named):
    made = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(made)
    with pytest.raises(ValueError, match=named):
        PackageCatalogue.model_validate(made)


async def test_the_routes_list_give_and_count(running):
    async with running(SERVICE) as service:
        customer = new_id()
        path = f"/v1/customers/{customer}/entitlements"
        read = service.headers(Scope.TIER_READ)
        assert (await service.client.get(path, headers=read)).status_code == 404
        await service.publish(event(customer, assets=VIP_FEN, branch="B007"))
        await service.settled()
        listed = (await service.client.get(path, headers=read)).json()
        team = next(one for one in listed["entitlements"] if one["service"] == "adviser-team")
        assert (listed["tier"], team["state"], team["owed_by"]) == ("vip", "due", "branch")
        url, body = f"{path}/{team['id']}/given", {"reference": "team.17"}
        product = service.headers(Scope.ENTITLEMENT_GIVE, roles=(Role.PRODUCT_MANAGER,))
        refused = await service.client.post(url, json=body, headers=product)
        assert (refused.status_code, refused.json()["rule"]) == (403, "entitlement-owed-by-others")
        adviser = service.headers(Scope.ENTITLEMENT_GIVE, roles=(Role.ADVISER,))
        after = (await service.client.post(url, json=body, headers=adviser)).json()
        team = next(one for one in after["entitlements"] if one["service"] == "adviser-team")
        assert (team["state"], team["reference"]) == ("given", "team.17")
        assert (await service.client.post(url, json=body, headers=adviser)).status_code == 409
        summary = "/v1/summary/entitlements"
        counts = (await service.client.get(summary, headers=service.headers(Scope.SUMMARY_READ))).json()["counts"]
        assert {(one["branch"], one["given"]) for one in counts if one["service"] == "adviser-team"} == {("B007", 1)}
        other = service.headers(Scope.SUMMARY_READ, reach=Reach.BRANCH, branch="B001")
        assert (await service.client.get(summary, headers=other)).json() == {"branch": "B001", "counts": []}
        own = service.headers(Scope.SUMMARY_READ, reach=Reach.OWN)
        assert (await service.client.get(summary, headers=own)).status_code == 403
