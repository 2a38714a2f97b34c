"""Who gets through the door, with which capability, and that every refusal leaves its entry."""

import asyncpg
import orjson
import pytest

from chassis.auth import CapabilityVerifier
from chassis.problems import Refusal
from contracts.values import Purpose, Reach, Role
from tests.gateway.bank import CUSTOMER, STRANGER, Answer, Bank

TIER = f"/v1/customers/{CUSTOMER}/tier"


async def entries(bank: Bank) -> list[dict]:
    rows = await bank.gateway.database.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = 'gateway.audit.recorded.v1' ORDER BY seq"
    )
    return [orjson.loads(row["payload"])["data"] for row in rows]


async def test_without_a_token_nothing_opens(bank: Bank) -> None:
    answer = await bank.client.get(TIER)
    assert (answer.status_code, answer.json()["rule"]) == (401, "token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["Bearer", "Basic dTpw", "Bearer x.y.z"])
async def test_what_is_no_bearer_token_is_refused(bank: Bank, value: str) -> None:
    answer = await bank.client.get(TIER, headers={"Authorization": value})
    assert answer.status_code == 401


async def test_a_capability_of_the_inside_opens_nothing_outside(bank: Bank) -> None:
    await bank.client.get(TIER, headers=bank.adviser())
    inside = bank.upstreams["tiering"].seen[0].headers["authorization"]
    assert (await bank.client.get(TIER, headers={"Authorization": inside})).status_code == 401


async def test_a_capability_is_good_for_one_service_only(bank: Bank) -> None:
    await bank.client.get(TIER, headers=bank.adviser())
    inside = bank.upstreams["tiering"].seen[0].headers["authorization"]
    for_profile = CapabilityVerifier.from_file(bank.gateway.keys.capability_jwks, "profile")
    with pytest.raises(Refusal):
        await for_profile.verify(inside)


async def test_profile_is_asked_with_all_that_decides(bank: Bank) -> None:
    await bank.client.get(TIER, headers=bank.adviser() | {"x-purpose": "sales"})
    (question,) = bank.profile.questions
    assert question == {
        "subject": "u-adviser",
        "roles": ["adviser"],
        "staff_no": "A1",
        "branch": "SH-01",
        "own_customer_id": None,
        "customer_id": str(CUSTOMER),
        "purpose": "sales",
        "scope": "tier.read",
    }
    asked = bank.profile.seen[-1].capability
    assert (asked.subject, asked.roles, asked.reach) == ("gateway", (Role.SYSTEM,), Reach.ALL)
    assert bank.upstreams["tiering"].seen[0].capability.purpose is Purpose.SALES


async def test_an_allowed_decision_holds_for_a_while_and_only_for_its_question(bank: Bank) -> None:
    for _ in range(3):
        await bank.client.get(TIER, headers=bank.adviser())
    assert len(bank.profile.questions) == 1
    await bank.client.get(TIER, headers=bank.adviser() | {"x-purpose": "sales"})
    await bank.client.get(f"/v1/customers/{CUSTOMER}", headers=bank.adviser())
    await bank.client.get(TIER, headers=bank.adviser(staff_no="A2"))
    assert len(bank.profile.questions) == 4


async def test_without_holding_time_every_request_asks(banks) -> None:
    async with banks(allow_seconds=0) as bank:
        for _ in range(3):
            await bank.client.get(TIER, headers=bank.adviser())
        assert len(bank.profile.questions) == 3


async def test_a_refusal_is_never_remembered(bank: Bank) -> None:
    bank.profile.allowed = lambda question: False
    assert (await bank.client.get(TIER, headers=bank.adviser())).status_code == 403
    bank.profile.allowed = lambda question: True
    assert (await bank.client.get(TIER, headers=bank.adviser())).status_code == 200


async def test_a_customer_who_is_not_theirs_is_refused_and_recorded_with_the_real_reason(bank: Bank) -> None:
    headers = bank.adviser() | {"x-request-id": "r-77"}
    answer = await bank.client.get(f"/v1/customers/{STRANGER}/tier", headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "not-your-customer")
    (entry,) = await entries(bank)
    assert entry["outcome"] == "refused"
    assert entry["rule"] == "customer-unknown"
    assert (entry["actor"], entry["act"], entry["customer_id"]) == ("u-adviser", "access.tier.read", str(STRANGER))
    assert (entry["purpose"], entry["roles"], entry["request_id"]) == ("service", ["adviser"], "r-77")


async def test_a_scope_that_no_role_holds_is_refused_and_recorded(bank: Bank) -> None:
    answer = await bank.client.post("/v1/transactions", json={}, headers=bank.adviser())
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-not-granted")
    assert bank.profile.seen == []
    assert [entry["rule"] for entry in await entries(bank)] == ["scope-not-granted"]


async def test_a_purpose_that_the_role_may_not_state_is_refused_and_recorded(bank: Bank) -> None:
    answer = await bank.client.get(TIER, headers=bank.adviser() | {"x-purpose": "risk"})
    assert (answer.status_code, answer.json()["rule"]) == (403, "purpose-not-allowed")
    assert [entry["rule"] for entry in await entries(bank)] == ["purpose-not-allowed"]


async def test_a_refusal_that_cannot_be_recorded_is_answered_503(bank: Bank) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(bank.gateway.database.url)
    await connection.execute("ALTER TABLE outbox RENAME TO outbox_gone")
    try:
        answer = await bank.client.get(f"/v1/customers/{STRANGER}/tier", headers=bank.adviser())
    finally:
        await connection.execute("ALTER TABLE outbox_gone RENAME TO outbox")
        await connection.close()
    assert (answer.status_code, answer.json()["rule"]) == (503, "audit-unwritable")
    assert answer.headers["retry-after"] == "1"


async def test_a_customers_own_token_reaches_that_customer_only(bank: Bank) -> None:
    bank.profile.allowed = lambda question: question["own_customer_id"] == question["customer_id"]
    own = bank.bearer(Role.CUSTOMER, customer_id=CUSTOMER)
    assert (await bank.client.get(TIER, headers=own)).status_code == 200
    assert (await bank.client.get(f"/v1/customers/{STRANGER}/tier", headers=own)).status_code == 403


async def test_a_customer_changes_nothing_that_names_no_customer_and_reads_as_that_customer(bank: Bank) -> None:
    own = bank.bearer(Role.CUSTOMER, customer_id=CUSTOMER)
    answer = await bank.client.post("/v1/customers/registrations", json={}, headers=own)
    assert (answer.status_code, answer.json()["rule"]) == (403, "one-customer-only")
    assert [entry["rule"] for entry in await entries(bank)] == ["one-customer-only"]
    assert (await bank.client.get("/v1/packages", headers=own)).status_code == 200
    capability = bank.upstreams["tiering"].seen[-1].capability
    assert (capability.customer, capability.reach) == (CUSTOMER, Reach.ONE)


@pytest.mark.parametrize("answer", [Answer(b"{}", 500), Answer(b"{}", 403), Answer(b"not json"), Answer(b"{}")])
async def test_no_answer_of_profile_that_is_not_a_clear_yes_opens_a_customer(bank: Bank, answer: Answer) -> None:
    bank.profile.answers["/v1/access/decisions"] = answer
    told = await bank.client.get(TIER, headers=bank.adviser())
    assert told.status_code == 502
    assert bank.upstreams["tiering"].seen == []


async def test_me_tells_what_the_token_may_do(bank: Bank) -> None:
    answer = await bank.client.get("/v1/me", headers=bank.adviser())
    assert answer.json()["staff_no"] == "A1"
    assert answer.json()["scopes"]["tier.read"] == "own"
    assert answer.json()["purposes"] == ["sales", "service"]
    nobody = await bank.client.get("/v1/me", headers=bank.bearer(subject="u9"))
    assert (nobody.status_code, nobody.json()["scopes"]) == (200, {})
