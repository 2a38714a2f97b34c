"""A customer at a glance: five services at once, nothing invented."""

import time

import pytest

from contracts.desk import OverviewOut
from contracts.values import Reach, Role, Scope
from tests.gateway.bank import CUSTOMER, Answer, Bank

OVERVIEW = f"/v1/customers/{CUSTOMER}/overview"
PATHS = {
    "profile": f"/v1/customers/{CUSTOMER}",
    "tiering": f"/v1/customers/{CUSTOMER}/tier",
    "outreach": f"/v1/customers/{CUSTOMER}/plan",
    "compliance": f"/v1/customers/{CUSTOMER}/audit",
    "referral": f"/v1/customers/{CUSTOMER}/points",
}


async def overview(bank: Bank, headers: dict[str, str] | None = None) -> OverviewOut:
    answer = await bank.client.get(OVERVIEW, headers=headers or bank.adviser())
    assert answer.status_code == 200
    return OverviewOut.model_validate_json(answer.content)


async def test_all_five_answers_stand_side_by_side_as_they_came(bank: Bank) -> None:
    for name, path in PATHS.items():
        bank.upstreams[name].answers[path] = Answer(b'{"from" : "%s"}' % name.encode())
    answer = await bank.client.get(OVERVIEW, headers=bank.adviser())
    assert b'"tier":{"from" : "tiering"}' in answer.content
    seen = await overview(bank)
    assert (seen.complete, seen.missing) == (True, [])
    sections = (seen.profile, seen.tier, seen.plan, seen.audit, seen.referral)
    assert [section["from"] for section in sections if section] == list(PATHS)


async def test_each_service_gets_one_scope_for_this_customer(bank: Bank) -> None:
    await overview(bank)
    scopes = {name: upstream.seen[-1].capability.scopes for name, upstream in bank.upstreams.items()}
    assert scopes == {
        "profile": {Scope.PROFILE_READ},
        "tiering": {Scope.TIER_READ},
        "outreach": {Scope.PLAN_READ},
        "compliance": {Scope.AUDIT_READ},
        "referral": {Scope.REFERRAL_READ},
    }
    for upstream in bank.upstreams.values():
        assert (upstream.seen[-1].capability.customer, upstream.seen[-1].capability.reach) == (CUSTOMER, Reach.ONE)
    assert bank.upstreams["compliance"].seen[-1].target == PATHS["compliance"] + "?limit=5"


async def test_a_service_that_is_too_slow_is_named_and_the_rest_is_there_in_time(banks) -> None:
    async with banks(overview_deadline_seconds=0.3) as bank:
        bank.upstreams["outreach"].answers[PATHS["outreach"]] = Answer(delay_seconds=5)
        begun = time.monotonic()
        seen = await overview(bank)
        assert time.monotonic() - begun < 2
        assert not seen.complete
        assert [(part.section, part.service, part.reason) for part in seen.missing] == [("plan", "outreach", "upstream-timeout")]
        assert seen.plan is None
        assert seen.tier == {"from": "tiering"}


@pytest.mark.parametrize(
    ("answer", "reason", "status"),
    [
        (Answer(b'{"rule":"no-decision"}', 404, {"content-type": "application/problem+json"}), "no-decision", 404),
        (Answer(b"oops", 500, {"content-type": "text/plain"}), "unexpected-answer", 500),
        (Answer(b"<html>", 200, {"content-type": "text/html"}), "unexpected-answer", 200),
        (Answer(b'{"half', hang_up=True), "upstream-failed", None),
    ],
)
async def test_an_answer_that_is_none_is_named_with_its_reason(
    bank: Bank, answer: Answer, reason: str, status: int | None
) -> None:
    bank.upstreams["tiering"].answers[PATHS["tiering"]] = answer
    seen = await overview(bank)
    assert [(part.section, part.reason, part.status) for part in seen.missing] == [("tier", reason, status)]
    assert (seen.complete, seen.tier) == (False, None)


async def test_with_everybody_away_the_overview_still_says_so(banks) -> None:
    away = "http://127.0.0.1:9"
    async with banks(tiering_url=away, outreach_url=away, compliance_url=away, referral_url=away) as bank:
        seen = await overview(bank)
        assert {part.section for part in seen.missing} == {"tier", "plan", "audit", "referral"}
        assert seen.profile == {"from": "profile"}


async def test_a_customer_sees_the_sections_of_their_role_only(bank: Bank) -> None:
    answer = await bank.client.get(OVERVIEW, headers=bank.bearer(Role.CUSTOMER, customer_id=CUSTOMER))
    assert answer.json().keys() == {"customer_id", "complete", "profile", "tier", "referral", "missing"}
    assert bank.upstreams["compliance"].seen == []


async def test_an_overview_of_somebody_elses_customer_is_refused(bank: Bank) -> None:
    bank.profile.allowed = lambda question: False
    answer = await bank.client.get(OVERVIEW, headers=bank.adviser())
    assert (answer.status_code, answer.json()["rule"]) == (403, "not-your-customer")
    assert bank.upstreams["tiering"].seen == []
