"""A policy's whole way over HTTP: out as Excel, in as a draft, compared, simulated, rejected; and a tier by hand."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from chassis.ids import new_id
from contracts.values import Reach, Scope
from services.tiering.main import SERVICE
from services.tiering.schemas import TierOut
from services.tiering.workbook.layout import MEDIA_TYPE
from tests.services.tiering.builders import VIP_FEN, event
from tests.support.apps import run_service
from tests.support.waiting import eventually

POLICIES = "/v1/policies/tiering"


@pytest.fixture(scope="module")
async def service(servers):
    async with run_service(servers, SERVICE) as service:
        yield service


async def get(service, path, *scopes, **token):
    return await service.client.get(path, headers=service.headers(*scopes, **token))


async def post(service, path, *scopes, subject="ann", body=None, **token):
    return await service.client.post(path, json=body, headers=service.headers(*scopes, subject=subject, **token))


async def upload(service, content, *, media_type=MEDIA_TYPE):
    day = service.clock.today() + timedelta(days=7)
    return await service.client.post(
        f"{POLICIES}/table.xlsx?effective_from={day}",
        content=content,
        headers=service.headers(Scope.POLICY_WRITE, subject="ann") | {"content-type": media_type},
    )


async def download(service, version):
    answer = await get(service, f"{POLICIES}/{version}/table.xlsx", Scope.POLICY_READ)
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    return answer.content


def edited(content, cell, value):
    book = load_workbook(BytesIO(content))
    book["Table"][cell].value = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


async def test_a_workbook_that_went_out_comes_in_as_a_draft_with_the_same_digest(service):
    drafted = await upload(service, await download(service, 1))
    assert (drafted.status_code, drafted.json()["status"]) == (201, "draft")
    first = await get(service, f"{POLICIES}/1", Scope.POLICY_READ)
    assert drafted.json()["digest"] == first.json()["digest"]


async def test_a_wrong_cell_is_answered_by_its_name_and_nothing_is_kept(service):
    before = await service.database.pool.fetchval("SELECT count(*) FROM policy")
    answer = await upload(service, edited(await download(service, 1), "A4", ">= thirty"))
    assert (answer.status_code, answer.json()["rule"], answer.json()["field"]) == (422, "policy-cell-invalid", "Table!A4")
    assert "thirty" not in answer.text
    formula = await upload(service, edited(await download(service, 1), "A4", "=1+1"))
    assert (formula.json()["rule"], formula.json()["field"]) == ("workbook-cell-formula", "Table!A4")
    assert (await upload(service, b"nothing")).json()["rule"] == "workbook-malformed"
    assert await service.database.pool.fetchval("SELECT count(*) FROM policy") == before


async def test_a_draft_is_compared_simulated_and_rejected_with_the_reason(service):
    customer = new_id()
    await service.publish(event(customer, assets=VIP_FEN, branch="B007"))
    await service.settled()
    version = (await upload(service, edited(await download(service, 1), "A4", "> 60000000"))).json()["version"]
    changes = (await get(service, f"{POLICIES}/{version}/changes?against=1", Scope.POLICY_READ)).json()
    assert changes["differences"] == [
        {"place": "table.vip.assets.assets_90_fen", "kind": "changed", "before": "> 50000000", "after": "> 60000000"}
    ]
    found = (await post(service, f"{POLICIES}/{version}/simulations", Scope.POLICY_WRITE)).json()
    assert (found["up"], found["down"], found["waits"]) == (0, 0, 1)
    (move,) = found["moves"]
    assert (move["effect"], move["previous"], move["tier"], move["examples"]) == ("waits", "vip", "ordinary", [str(customer)])
    assert [(one["branch"], one["waits"]) for one in found["branches"]] == [("B007", 1)]
    rejection = f"{POLICIES}/{version}/rejection"
    own = await post(service, rejection, Scope.POLICY_WRITE, body={"because": "not agreed"})
    assert (own.status_code, own.json()["rule"]) == (403, "policy-approver-drafted")
    rejected = await post(service, rejection, Scope.POLICY_WRITE, subject="bob", body={"because": "not agreed"})
    assert (rejected.json()["status"], rejected.json()["closed_because"]) == ("rejected", "not agreed")
    again = await post(service, f"{POLICIES}/{version}/withdrawal", Scope.POLICY_WRITE)
    assert (again.status_code, again.json()["rule"]) == (409, "policy-is-closed")


async def test_a_policy_is_simulated_only_by_those_who_may_write_one(service):
    answer = await post(service, f"{POLICIES}/1/simulations", Scope.POLICY_READ)
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")


async def test_a_tier_by_hand_is_asked_for_approved_shown_replayed_and_ends_with_the_clock(service):
    customer = new_id()
    await service.publish(event(customer))
    await service.settled()
    path = f"/v1/customers/{customer}/tier"
    until = service.clock.now() + timedelta(days=20)
    body = {"tier": "vip", "code": "key-relationship", "until": until.isoformat()}
    asked = await post(service, f"{path}/manual", Scope.TIER_REQUEST, body=body, reach=Reach.OWN, customer=customer)
    assert (asked.status_code, asked.json()["state"]) == (201, "requested")
    approval = f"{path}/manual/{asked.json()['id']}/approval"
    own = await post(service, approval, Scope.TIER_APPROVE)
    assert (own.status_code, own.json()["rule"]) == (403, "manual-approver-requested")
    given = await post(service, approval, Scope.TIER_APPROVE, subject="bob")
    assert (given.status_code, given.json()["state"], given.json()["answered_by"]) == (200, "active", "bob")
    found = TierOut.model_validate_json((await get(service, path, Scope.TIER_READ)).content)
    assert (found.tier, found.reason, found.fired) == ("vip", "manual.key-relationship", "ordinary.everyday")
    assert (found.automatic.tier, found.automatic.reason) == ("ordinary", "ordinary.everyday")
    assert found.manual
    assert found.manual.code == "key-relationship"
    explained = (await get(service, f"{path}/explanation", Scope.TIER_READ)).json()
    assert explained["zh"].startswith("贵宾客户：重要关系客户")
    replayed = (await get(service, f"{path}/replay", Scope.TIER_READ)).json()
    assert (replayed["identical"], replayed["decision"]["manual"]) == (True, "key-relationship")
    service.clock.advance(timedelta(days=21))

    async def ended():
        return (await get(service, path, Scope.TIER_READ)).json()["tier"] == "ordinary"

    await eventually(ended)
    listed = (await get(service, f"{path}/manual", Scope.TIER_READ)).json()["items"]
    assert [(one["state"], one["ended_by"]) for one in listed] == [("ended", "timer:manual")]
    past = (await get(service, f"{path}/replay?at={given.json()['answered_at'].replace('+', '%2B')}", Scope.TIER_READ)).json()
    assert (past["identical"], past["decision"]["tier"]) == (True, "vip")


async def test_a_pending_downgrade_is_shown_with_its_moment_and_comes_with_the_clock(service):
    customer = new_id()
    await service.publish(event(customer, assets=VIP_FEN), event(customer, version=2, growth=3_000))
    await service.settled()
    path = f"/v1/customers/{customer}/tier"
    found = TierOut.model_validate_json((await get(service, path, Scope.TIER_READ)).content)
    assert (found.tier, found.reason, found.fired) == ("vip", "downgrade.grace", "potential.growth")
    assert found.grace_until
    assert found.grace_until - found.decided_at == timedelta(days=30)
    assert (await get(service, f"{path}/explanation", Scope.TIER_READ)).json()["zh"].startswith("贵宾客户：已不符合原层级标准")
    service.clock.advance(timedelta(days=31))

    async def fallen():
        now = (await get(service, path, Scope.TIER_READ)).json()
        return (now["tier"], now["reason"], now["grace_until"]) == ("potential", "potential.growth", None)

    await eventually(fallen)
