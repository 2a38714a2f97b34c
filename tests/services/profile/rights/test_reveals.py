"""Identity fields whole: with purpose and ticket, once, soon, not often, and never unseen by the audit (H20)."""

from datetime import timedelta

import pytest

from contracts.values import Scope
from services.profile.rights import rights_policy
from tests.services.profile.builders import CARD, resident_id

REVEAL = Scope.PROFILE_REVEAL
ASKED = {"fields": ["id_number", "cards"], "purpose": "service", "ticket": "T-1"}


@pytest.fixture(scope="module")
async def customer(desk):
    made, number = await desk.register(id_number=resident_id(number=400))
    await desk.account(number, "REV1", card_no=CARD)
    return made


async def grant(desk, customer, subject, **changes):
    path = f"/v1/customers/{customer}/reveals"
    made = await desk.done("POST", path, {**ASKED, **changes}, scope=REVEAL, subject=subject)
    return f"{path}/{made['reveal_id']}"


async def acts(desk, customer, subject):
    events = await desk.told("profile.audit.recorded.v1", customer)
    return [(event["act"], event["outcome"], event["rule"]) for event in events if event["actor"] == subject]


async def test_a_grant_shows_what_was_asked_for_once_and_to_its_owner_only(desk, customer):
    path = await grant(desk, customer, "anna")
    assert await desk.refused("GET", path, scope=REVEAL, subject="bert") == (404, "reveal-unknown", "")
    answer = await desk.call("GET", path, scope=REVEAL, subject="anna")
    shown = {name: value for name, value in answer.json().items() if value is not None}
    assert shown == {"id_number": resident_id(number=400), "cards": [CARD]}
    assert answer.headers["cache-control"] == "no-store"
    assert await desk.refused("GET", path, scope=REVEAL, subject="anna") == (409, "reveal-over", "")
    assert await acts(desk, customer, "anna") == [
        ("reveal.grant", "done", None),
        ("reveal.open", "done", None),
        ("reveal.open", "refused", "reveal-over"),
    ]
    assert await acts(desk, customer, "bert") == [("reveal.open", "refused", "reveal-unknown")]


async def test_a_grant_ends_after_the_minutes_of_the_policy(desk, customer):
    path = await grant(desk, customer, "carl")
    desk.running.clock.advance(timedelta(minutes=rights_policy().reveals.minutes))
    assert await desk.refused("GET", path, scope=REVEAL, subject="carl") == (409, "reveal-over", "")


async def test_nobody_gets_more_grants_in_a_day_than_the_policy_says(desk, customer):
    most = rights_policy().reveals.per_person_and_day
    for _ in range(most):
        await grant(desk, customer, "dora")
    path = f"/v1/customers/{customer}/reveals"
    assert (await desk.refused("POST", path, ASKED, scope=REVEAL, subject="dora"))[:2] == (429, "reveal-limit")
    assert (await acts(desk, customer, "dora"))[-1] == ("reveal.grant", "refused", "reveal-limit")
    await grant(desk, customer, "emil")
    desk.running.clock.advance(timedelta(days=1))
    await grant(desk, customer, "dora")


async def test_a_reveal_needs_its_own_right_a_purpose_of_the_policy_and_a_ticket(desk, customer):
    path = f"/v1/customers/{customer}/reveals"
    assert (await desk.refused("POST", path, ASKED, scope=Scope.PROFILE_READ))[:2] == (403, "scope-missing")
    assert (await desk.refused("POST", path, {**ASKED, "purpose": "sales"}, scope=REVEAL))[:2] == (422, "reveal-purpose")
    assert (await desk.refused("POST", path, {**ASKED, "ticket": ""}, scope=REVEAL))[:2] == (422, "input-invalid")


async def test_what_was_shown_lies_in_no_table_and_no_event(desk, customer):
    await desk.call("GET", await grant(desk, customer, "fred"), scope=REVEAL, subject="fred")
    pool = desk.running.database.pool
    for table in ("reveal", "outbox", "idempotency"):
        text = await pool.fetchval(f"SELECT string_agg(t::text, '') FROM {table} t")
        assert resident_id(number=400) not in (text or "")
        assert resident_id(number=400).encode().hex() not in (text or "")
