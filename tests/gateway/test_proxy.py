"""The way through the door: declared operations only, bytes in and bytes out, over real sockets."""

import asyncio

import httpx
import orjson
import pytest

from contracts.values import Purpose, Reach, Role, Scope
from tests.gateway.bank import CUSTOMER, STRANGER, Answer, Bank

TIER = f"/v1/customers/{CUSTOMER}/tier"


async def test_a_read_goes_to_its_service_with_a_capability_of_its_own(bank: Bank) -> None:
    bank.upstreams["tiering"].answers[TIER] = Answer(b'{ "tier" :"vip"}', headers={"etag": '"7"'})
    answer = await bank.client.get(TIER + "?as_of=2026-03-01", headers=bank.adviser() | {"x-request-id": "abc-1"})
    assert answer.status_code == 200
    assert answer.content == b'{ "tier" :"vip"}'
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["x-request-id"] == "abc-1"
    (seen,) = bank.upstreams["tiering"].seen
    assert seen.target == TIER + "?as_of=2026-03-01"
    assert seen.headers["x-request-id"] == "abc-1"
    capability = seen.capability
    assert capability.scopes == {Scope.TIER_READ}
    assert (capability.customer, capability.reach) == (CUSTOMER, Reach.ONE)
    assert (capability.staff_no, capability.branch, capability.purpose) == ("A1", "SH-01", Purpose.SERVICE)


async def test_a_list_carries_the_roles_reach_and_no_customer(bank: Bank) -> None:
    assert (await bank.client.get("/v1/customers?limit=2", headers=bank.adviser())).status_code == 200
    capability = bank.profile.seen[-1].capability
    assert (capability.customer, capability.reach, capability.scopes) == (None, Reach.OWN, {Scope.PROFILE_READ})
    assert bank.profile.questions == []


async def test_only_harmless_headers_reach_a_service(bank: Bank) -> None:
    extra = {"cookie": "session=1", "x-forwarded-for": "1.2.3.4", "x-evil": "1", "accept-language": "zh-CN"}
    await bank.client.get(TIER, headers=bank.adviser() | extra)
    seen = bank.upstreams["tiering"].seen[0].headers
    assert seen["accept-language"] == "zh-CN"
    assert not {"cookie", "x-forwarded-for", "x-evil"} & set(seen)


async def test_the_trace_goes_on(bank: Bank) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await bank.client.get(TIER, headers=bank.adviser() | {"traceparent": trace})
    assert bank.upstreams["tiering"].seen[0].headers["traceparent"] == trace


async def test_hop_by_hop_and_cookie_headers_of_a_service_end_here(bank: Bank) -> None:
    bank.upstreams["tiering"].answers[TIER] = Answer(headers={"set-cookie": "a=b", "keep-alive": "timeout=9", "x-told": "yes"})
    answer = await bank.client.get(TIER, headers=bank.adviser())
    assert answer.headers["x-told"] == "yes"
    assert not {"set-cookie", "keep-alive"} & set(answer.headers)


async def test_every_answer_carries_security_headers(bank: Bank) -> None:
    for path, headers in ((TIER, bank.adviser()), ("/v1/me", {}), ("/v1/cases", bank.adviser()), ("/nothing", bank.adviser())):
        answer = await bank.client.get(path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_body_is_streamed_with_its_idempotency_key(bank: Bank) -> None:
    body = orjson.dumps({"items": [{"transaction_no": str(n)} for n in range(50_000)]})
    headers = bank.bearer(Role.SYSTEM) | {"idempotency-key": "k-1", "content-type": "application/json"}
    assert (await bank.client.post("/v1/transactions", content=body, headers=headers)).status_code == 200
    seen = bank.profile.seen[-1]
    assert seen.body == body
    assert seen.headers["idempotency-key"] == "k-1"


async def test_a_body_of_unknown_length_is_streamed_too(bank: Bank) -> None:
    async def chunks():
        for _ in range(10):
            yield b"x" * 1000

    headers = bank.bearer(Role.SYSTEM) | {"content-type": "application/json"}
    assert (await bank.client.post("/v1/transactions", content=chunks(), headers=headers)).status_code == 200
    assert len(bank.profile.seen[-1].body) == 10_000


@pytest.mark.parametrize("known_length", [True, False])
async def test_a_body_over_the_limit_is_refused(banks, known_length: bool) -> None:
    async def chunks():
        for _ in range(20):
            yield b"x" * 100

    async with banks(max_body_bytes=1000) as bank:
        content = b"x" * 2000 if known_length else chunks()
        answer = await bank.client.post("/v1/transactions", content=content, headers=bank.bearer(Role.SYSTEM))
        assert answer.status_code == 413
        assert answer.json()["rule"] == "body-too-large"


async def test_a_large_answer_is_streamed_whole(bank: Bank) -> None:
    bank.upstreams["tiering"].answers[TIER] = Answer(b"y" * 100_000, chunks=20)
    answer = await bank.client.get(TIER, headers=bank.adviser())
    assert len(answer.content) == 2_000_000


async def test_a_service_that_breaks_off_in_the_middle_never_looks_whole(bank: Bank) -> None:
    bank.upstreams["tiering"].answers[TIER] = Answer(b"y" * 300_000, chunks=2, hang_up=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await bank.client.get(TIER, headers=bank.adviser())


@pytest.mark.parametrize(
    "path",
    [
        "/v1/access/nothing",
        "/internal/secret",
        "/v1/customers//tier",
        f"/v1/customers/{CUSTOMER}/../{CUSTOMER}/tier",
        "/v1/packages/%2e%2e/access/decisions",
        "/v2/customers",
    ],
)
async def test_what_nobody_declared_does_not_pass(bank: Bank, path: str) -> None:
    status, text = await as_written(bank, path)
    assert status == 404
    if path != "/internal/secret":  # the health routes' own application answers below /internal
        assert "route-unknown" in text
    assert all(not upstream.seen for upstream in bank.upstreams.values())


async def as_written(bank: Bank, path: str) -> tuple[int, str]:
    """A GET whose path no client library has tidied up."""
    url = bank.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    authorization = bank.adviser()["Authorization"]
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()
    return int(text.split()[1]), text


async def test_the_access_question_itself_does_not_pass(bank: Bank) -> None:
    answer = await bank.client.post("/v1/access/decisions", json={}, headers=bank.bearer(*Role))
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-not-granted")


async def test_another_method_is_refused_with_those_that_are_declared(bank: Bank) -> None:
    answer = await bank.client.delete(f"/v1/customers/{CUSTOMER}", headers=bank.adviser())
    assert (answer.status_code, answer.json()["rule"]) == (405, "method-unknown")
    assert answer.headers["allow"] == "GET, PATCH"


async def test_a_customer_that_is_no_id_is_named_as_the_wrong_field(bank: Bank) -> None:
    answer = await bank.client.get("/v1/customers/330106199001011234/tier", headers=bank.adviser())
    assert answer.status_code == 422
    assert answer.json()["field"] == "path.customer_id"
    assert "330106199001011234" not in answer.text


async def test_a_problem_of_a_service_is_passed_on_as_it_is(bank: Bank) -> None:
    problem = b'{"type":"urn:steward:problem:no-decision","rule":"no-decision","status":404}'
    bank.upstreams["tiering"].answers[TIER] = Answer(problem, 404, {"content-type": "application/problem+json"})
    answer = await bank.client.get(TIER, headers=bank.adviser())
    assert (answer.status_code, answer.content) == (404, problem)


async def test_a_service_that_is_too_slow_is_a_504_with_its_rule(banks) -> None:
    async with banks(read_deadline_seconds=0.2) as bank:
        bank.upstreams["tiering"].answers[TIER] = Answer(delay_seconds=2)
        answer = await bank.client.get(TIER, headers=bank.adviser())
        assert (answer.status_code, answer.json()["rule"]) == (504, "upstream-timeout")
        assert answer.headers["retry-after"] == "1"


async def test_a_read_that_is_declared_long_may_take_as_long_as_a_write(banks) -> None:
    export = "/v1/audit/export"
    for seconds, status in ((20, 200), (0.2, 504)):
        async with banks(read_deadline_seconds=0.2, write_deadline_seconds=seconds) as bank:
            bank.upstreams["compliance"].answers[export] = Answer(delay_seconds=0.6)
            answer = await bank.client.get(export, headers=bank.bearer(Role.AUDITOR))
            assert answer.status_code == status


async def test_a_service_that_is_away_is_a_502_and_then_left_alone(banks) -> None:
    async with banks(tiering_url="http://127.0.0.1:9") as bank:
        rules = [(await bank.client.get(TIER, headers=bank.adviser())).json()["rule"] for _ in range(7)]
        assert rules[:5] == ["upstream-failed"] * 5
        assert rules[5:] == ["upstream-resting"] * 2
        last = await bank.client.get(TIER, headers=bank.adviser())
        assert last.status_code == 503
        assert int(last.headers["retry-after"]) >= 1
        assert (await bank.client.get(f"/v1/customers/{CUSTOMER}", headers=bank.adviser())).status_code == 200


async def test_without_profile_no_customer_is_opened(banks) -> None:
    async with banks(profile_url="http://127.0.0.1:9") as bank:
        answer = await bank.client.get(TIER, headers=bank.adviser())
        assert (answer.status_code, answer.json()["rule"]) == (502, "upstream-failed")
        assert bank.upstreams["tiering"].seen == []


async def test_a_write_is_never_sent_twice(bank: Bank) -> None:
    bank.profile.answers["/v1/transactions"] = Answer(hang_up=True)
    answer = await bank.client.post("/v1/transactions", json={}, headers=bank.bearer(Role.SYSTEM))
    assert answer.status_code == 502
    assert len(bank.profile.seen) == 1


async def test_strangers_and_customers_that_do_not_exist_look_the_same(bank: Bank) -> None:
    bank.profile.allowed = lambda question: False
    answers = [await bank.client.get(f"/v1/customers/{who}/tier", headers=bank.adviser()) for who in (CUSTOMER, STRANGER)]
    bodies = [{key: value for key, value in answer.json().items() if key != "request_id"} for answer in answers]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert bodies[0] == bodies[1]
    assert bodies[0]["rule"] == "not-your-customer"
