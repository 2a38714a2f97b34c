"""One request is one transaction with one answer: tokens, problems, idempotency keys, faults, clients that hang up."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

import pytest
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.auth import Capability, mint
from chassis.ids import new_id
from chassis.problems import from_validation
from contracts.values import Purpose, Reach, Role, Scope
from tests.chassis import probe
from tests.support.apps import Running
from tests.support.servers import TestServers
from tests.support.waiting import eventually

CUSTOMER = UUID(int=7)
PATH = f"/v1/customers/{CUSTOMER}/notes"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
async def service(servers: TestServers) -> AsyncIterator[Running]:
    async with probe.running(servers, listening=True, max_body_bytes=5_000) as found:
        yield found


@pytest.fixture
def headers(service: Running) -> dict[str, str]:
    return service.headers(Scope.PROFILE_WRITE, customer=CUSTOMER)


async def count(service: Running, table: str = "note") -> int:
    return await service.database.pool.fetchval(f"SELECT count(*) FROM {table}")


async def test_a_request_commits_its_rows_and_its_events_together(service: Running, headers: dict[str, str]) -> None:
    rows, events = await count(service), await count(service, "outbox")
    answer = await service.client.post(PATH, json={"text": "hello"}, headers=headers | {"x-request-id": "abc-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (201, "abc-1")
    assert (await count(service), await count(service, "outbox")) == (rows + 1, events + 1)


@pytest.mark.parametrize(("text", "status", "rule"), [("rude", 422, "too-rude"), ("broken", 500, "internal-error")])
async def test_a_request_that_fails_leaves_nothing_behind(
    service: Running, headers: dict[str, str], text: str, status: int, rule: str
) -> None:
    rows, events = await count(service), await count(service, "outbox")
    answer = await service.client.post(PATH, json={"text": text}, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["fix"]
    assert "quotes" not in answer.text
    assert (await count(service), await count(service, "outbox")) == (rows, events)


async def test_wrong_input_is_named_by_place_and_rule_and_never_quoted(service: Running, headers: dict[str, str]) -> None:
    identity = "110101199003074477"
    answer = await service.client.post(PATH, json={"text": identity * 2}, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["rule"], problem["field"]) == (422, "input-invalid", "body.text")
    assert problem["fields"][0]["rule"] == "string_too_long"
    assert identity not in answer.text
    answer = await service.client.post(PATH, content=b"{nonsense " + identity.encode(), headers=headers | JSON)
    assert (answer.status_code, answer.json()["rule"]) == (400, "body-malformed")
    assert identity not in answer.text
    answer = await service.client.post("/v1/customers/not-a-uuid/notes", json={"text": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")


def test_a_problem_repeats_no_value_and_no_name_that_the_caller_chose() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")
        customer: UUID
        kind: Literal["a", "b"]
        amounts: dict[str, int]

    secret = "110101199003074477"
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"customer": secret, "kind": secret, "amounts": {secret: "x"}, secret: 1})
    problem = from_validation(caught.value.errors()).problem
    assert secret not in problem.model_dump_json()
    assert "1 at 1" not in problem.model_dump_json()
    assert [row.field for row in problem.fields] == ["customer", "kind", "amounts.?", "?"]
    assert all(row.fix for row in problem.fields)


async def test_a_body_over_the_limit_is_refused_with_and_without_a_length(service: Running, headers: dict[str, str]) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1_000

    for content in (b" " * 6_000, chunks()):
        answer = await service.client.post(PATH, content=content, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (413, "body-too-large")


async def test_routes_and_methods_that_do_not_exist_get_problems_too(service: Running) -> None:
    assert (await service.client.get("/v1/nothing")).json()["rule"] == "no-such-route"
    assert (await service.client.put(PATH)).json()["rule"] == "method-not-allowed"


def _capability(**changes: object) -> Capability:
    given = {"subject": "a", "roles": (Role.ADVISER,), "scopes": frozenset({Scope.PROFILE_WRITE}), "purpose": Purpose.SERVICE}
    return Capability(**{**given, "reach": Reach.ONE, "customer": CUSTOMER, **changes})


async def test_tokens_that_were_tampered_with_are_refused(service: Running) -> None:
    key = service._key
    good = mint(key, _capability(), audience="referral", seconds=60)
    head, body, signature = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    attacks = {
        "another audience": mint(key, _capability(), audience="profile", seconds=60),
        "over": mint(key, _capability(), audience="referral", seconds=-60),
        "another key": mint(OKPKey.generate_key("Ed25519", {"kid": key.kid}), _capability(), audience="referral", seconds=60),
        "no algorithm": f"{none}.{body}.",
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "not a token": "abc",
    }
    for attack, token in attacks.items():
        answer = await service.client.post(PATH, json={"text": "x"}, headers={"authorization": f"Bearer {token}"})
        assert (attack, answer.status_code, answer.json()["rule"]) == (attack, 401, "token-invalid")
    answer = await service.client.post(PATH, json={"text": "x"})
    assert (answer.status_code, answer.json()["rule"]) == (401, "token-missing")


async def test_a_capability_is_good_for_its_customer_and_its_scopes_only_and_refusals_are_audited(service: Running) -> None:
    before = await count(service, "outbox")
    other = service.headers(Scope.PROFILE_WRITE, customer=new_id())
    answer = await service.client.post(PATH, json={"text": "x"}, headers=other)
    assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")
    answer = await service.client.post(PATH, json={"text": "x"}, headers=service.headers(Scope.TIER_READ, customer=CUSTOMER))
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")
    rows = await service.database.pool.fetch("SELECT subject, payload FROM outbox ORDER BY seq OFFSET $1", before)
    assert [row["subject"] for row in rows] == ["referral.audit.recorded.v1"] * 2
    assert b'"outcome":"refused"' in rows[0]["payload"]


async def test_the_same_key_and_body_give_the_same_answer_and_one_effect(service: Running, headers: dict[str, str]) -> None:
    rows = await count(service)
    keyed = headers | {"idempotency-key": "k-1"}
    first = await service.client.post(PATH, json={"text": "once"}, headers=keyed)
    second = await service.client.post(PATH, json={"text": "once"}, headers=keyed)
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert await count(service) == rows + 1
    other = await service.client.post(PATH, json={"text": "twice"}, headers=keyed)
    assert (other.status_code, other.json()["rule"]) == (422, "idempotency-key-reused")


async def test_concurrent_duplicates_execute_once(service: Running, headers: dict[str, str]) -> None:
    rows = await count(service)
    keyed = headers | {"idempotency-key": "k-2"}
    answers = await asyncio.gather(*(service.client.post(PATH, json={"text": "slow"}, headers=keyed) for _ in range(6)))
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    running = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.json()["rule"] == "idempotency-key-running" and answer.headers["retry-after"] for answer in running)
    assert await count(service) == rows + 1


async def test_a_failed_request_can_be_repeated_under_its_key(service: Running, headers: dict[str, str]) -> None:
    keyed = headers | {"idempotency-key": "k-3"}
    answers = [await service.client.post(PATH, json={"text": "rude"}, headers=keyed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "idempotency-replayed" not in answers[1].headers


async def test_clients_that_hang_up_leak_no_connection_and_no_lock(service: Running, headers: dict[str, str]) -> None:
    host, port = service.client.base_url.host, service.client.base_url.port
    lines = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
    body = b'{"text": "slow"}'
    request = (
        f"POST {PATH} HTTP/1.1\r\nhost: x\r\n{lines}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    for _ in range(20):
        _, writer = await asyncio.open_connection(host, port)
        writer.write(request.encode() + body)
        await writer.drain()
        writer.transport.abort()

    async def free() -> bool:
        # An idle connection keeps the text of its last query, and that may be this very question.
        busy = await service.database.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND (state LIKE 'idle in transaction%' OR state = 'active' AND query LIKE '%pg_sleep%') AND pid <> pg_backend_pid()"
        )
        return busy == 0 and service.database.engine.pool.checkedout() == 0

    await eventually(free)
    answer = await service.client.post(PATH, json={"text": "still here"}, headers=headers)
    assert answer.status_code == 201


async def test_health_answers_without_a_token(service: Running) -> None:
    assert (await service.client.get("/health/live")).json() == {"status": "alive"}
    ready = await service.client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
