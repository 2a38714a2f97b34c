"""The routes of tiering, asked over HTTP with the gateway's capabilities."""

from datetime import timedelta

import pytest

from chassis.ids import new_id
from contracts.values import Reach, Scope
from services.tiering.main import SERVICE
from services.tiering.schemas import TierOut
from tests.services.tiering.builders import VIP_FEN, at_once, changed, document, event, table
from tests.support.waiting import eventually


@pytest.fixture
async def service(running):
    async with running(SERVICE) as service:
        yield service


async def measure(service, *events):
    await service.publish(*events)
    await service.settled()


async def get(service, path, *scopes, **token):
    return await service.client.get(path, headers=service.headers(*scopes, **token))


async def test_a_tier_is_answered_with_its_reason_package_and_all_four_dimensions(service):
    customer = new_id()
    await measure(service, event(customer, assets=VIP_FEN))
    answer = await get(service, f"/v1/customers/{customer}/tier", Scope.TIER_READ, customer=customer)
    assert answer.status_code == 200
    found = TierOut.model_validate_json(answer.content)
    assert (found.tier, found.reason, found.source, found.package) == ("vip", "vip.assets", "H2", "vip.one-plus-n")
    assert (found.name.zh, found.because.zh) == ("贵宾客户", "近90天日均金融资产高于贵宾标准")
    assert found.dimensions.assets.days_90 == VIP_FEN
    assert found.dimensions.need.kind == "settling"


async def test_a_customer_without_a_decision_is_named_so(service):
    customer = new_id()
    for path in ("tier", "tier/explanation", "tier/history?at=2026-01-01T00:00:00Z"):
        answer = await get(service, f"/v1/customers/{customer}/{path}", Scope.TIER_READ)
        assert (answer.status_code, answer.json()["rule"]) == (404, "no-decision")


async def test_nobody_reads_the_tier_of_another_customer(service):
    answer = await get(service, f"/v1/customers/{new_id()}/tier", Scope.TIER_READ, customer=new_id())
    assert (answer.status_code, answer.json()["rule"]) == (403, "customer-not-yours")


async def test_the_explanation_tells_thresholds_and_values_in_both_languages(service):
    customer = new_id()
    await measure(service, event(customer, growth=3_100))
    found = (await get(service, f"/v1/customers/{customer}/tier/explanation", Scope.TIER_READ)).json()
    assert found["zh"].startswith(
        "潜力客户：近半年金融资产增长达到潜力客户标准（H3）。近半年资产增长为31.00%（标准：不低于30.00%）"
    )
    assert found["en"].startswith("Potential: ")
    assert [row["reason"] for row in found["rows"]] == ["vip.assets", "vip.contribution", "potential.growth"]
    assert set(found["dimensions"]) == {"assets", "activity", "need", "life_cycle"}


async def test_an_ordinary_customer_is_told_every_row_that_did_not_hold(service):
    customer = new_id()
    await measure(service, event(customer, assets=1_506_631, growth=824))
    found = (await get(service, f"/v1/customers/{customer}/tier/explanation", Scope.TIER_READ)).json()
    assert found["zh"].startswith("普通客户：")
    assert [row["fired"] for row in found["rows"]] == [False, False, False, True]
    assert all(not condition["holds"] for row in found["rows"][:3] for condition in row["conditions"])


async def test_the_history_is_paged_and_can_be_asked_for_a_moment(service):
    customer = new_id()
    for version in range(1, 6):
        await measure(service, event(customer, version=version, assets=VIP_FEN if version % 2 else 0))
    path = f"/v1/customers/{customer}/tier/history"
    first = (await get(service, f"{path}?limit=3", Scope.TIER_READ)).json()
    rest = (await get(service, f"{path}?limit=3&cursor={first['next']}", Scope.TIER_READ)).json()
    assert [row["number"] for row in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
    assert rest["next"] is None
    moment = first["items"][1]["decided_at"]
    (held,) = (await get(service, f"{path}?at={moment}", Scope.TIER_READ)).json()["items"]
    assert held["number"] == 4
    naive = await get(service, f"{path}?at=2026-01-01T00:00:00", Scope.TIER_READ)
    assert naive.status_code == 422


async def test_the_summary_counts_by_tier_and_reason_for_the_bank_or_the_callers_branch(service):
    await measure(
        service,
        event(assets=VIP_FEN),
        event(contribution=1_000_000, branch="B002"),
        event(growth=3_000),
        event(),
    )
    bank = (await get(service, "/v1/summary/tiers", Scope.SUMMARY_READ)).json()
    assert (bank["customers"], bank["tiers"]) == (4, {"vip": 2, "potential": 1, "ordinary": 1})
    assert {row["reason"]: row["share_bp"] for row in bank["reasons"]} == dict.fromkeys(
        ["vip.assets", "vip.contribution", "potential.growth", "ordinary.everyday"], 2_500
    )
    branch = (await get(service, "/v1/summary/tiers", Scope.SUMMARY_READ, reach=Reach.BRANCH, branch="B002")).json()
    assert (branch["customers"], branch["branch"]) == (1, "B002")
    adviser = await get(service, "/v1/summary/tiers", Scope.SUMMARY_READ, reach=Reach.OWN)
    assert (adviser.status_code, adviser.json()["rule"]) == (403, "summary-beyond-reach")


async def test_an_empty_bank_has_an_empty_summary(service):
    bank = (await get(service, "/v1/summary/tiers", Scope.SUMMARY_READ)).json()
    assert (bank["customers"], bank["reasons"]) == (0, [])


async def test_each_tier_has_one_package_with_services_in_both_languages(service):
    found = (await get(service, "/v1/packages", Scope.TIER_READ)).json()
    assert {package["tier"]: package["source"] for package in found["packages"]} == {
        "vip": "H5",
        "potential": "H6",
        "ordinary": "H7",
    }
    texts = [text for package in found["packages"] for one in package["services"] for text in (one["zh"], one["en"])]
    assert all(texts)
    assert any("便民服务角" in text for text in texts)


def stricter():
    return changed(lambda made: (at_once(made), table(made)["rules"][0].update(assets="> 100000000")))


async def draft(service, made, *, by="ann", effective_from=None):
    day = effective_from or service.clock.today()
    return await service.client.post(
        "/v1/policies/tiering",
        json={"effective_from": str(day), "document": made},
        headers=service.headers(Scope.POLICY_WRITE, subject=by),
    )


async def approve(service, version, *, by):
    path = f"/v1/policies/tiering/{version}/approval"
    return await service.client.post(path, headers=service.headers(Scope.POLICY_WRITE, subject=by))


async def test_a_policy_is_drafted_by_one_approved_by_another_and_decides_about_everybody_again(service):
    customer = new_id()
    await measure(service, event(customer, assets=VIP_FEN))
    drafted = await draft(service, stricter())
    assert (drafted.status_code, drafted.json()["status"], drafted.json()["version"]) == (201, "draft", 3)
    own = await approve(service, 3, by="ann")
    assert (own.status_code, own.json()["rule"]) == (403, "policy-approver-drafted")
    other = await approve(service, 3, by="bob")
    assert (other.status_code, other.json()["approved_by"]) == (200, "bob")
    assert (await approve(service, 3, by="bob")).json()["rule"] == "policy-is-published"

    async def ordinary():
        found = await get(service, f"/v1/customers/{customer}/tier", Scope.TIER_READ)
        return (found.json()["tier"], found.json()["policy_version"]) == ("ordinary", 3)

    await eventually(ordinary)
    acts = await service.database.pool.fetch(
        "SELECT convert_from(payload, 'UTF8')::jsonb -> 'data' ->> 'outcome' AS outcome FROM outbox"
        " WHERE subject = 'tiering.audit.recorded.v1' AND convert_from(payload, 'UTF8') LIKE '%policy-approver-drafted%'"
    )
    assert [act["outcome"] for act in acts] == ["refused"]


async def test_a_bad_policy_is_refused_by_row_and_column(service):
    answer = await draft(service, changed(lambda made: table(made)["rules"][2].update(growth=">= thirty")))
    problem = answer.json()
    assert (answer.status_code, problem["rule"]) == (422, "policy-cell-invalid")
    assert problem["field"] == "document.table.row 3.growth_180_bp"
    assert "row 3, column 'growth_180_bp'" in problem["detail"]


async def test_a_policy_in_the_past_is_refused(service):
    answer = await draft(service, stricter(), effective_from=service.clock.today() - timedelta(days=1))
    assert (answer.status_code, answer.json()["rule"]) == (422, "policy-reaches-back")


async def test_policies_are_listed_with_what_is_in_force_for_each_currency(service):
    await draft(service, stricter())
    found = (await get(service, "/v1/policies/tiering?limit=2", Scope.POLICY_READ)).json()
    assert [(one["currency"], one["version"]) for one in found["in_force"]] == [("CNY", 1), ("CZK", 2)]
    assert found["in_force"][0]["document"] == document("cny")
    rest = (await get(service, f"/v1/policies/tiering?cursor={found['next']}", Scope.POLICY_READ)).json()
    assert [one["version"] for one in found["versions"] + rest["versions"]] == [3, 2, 1]
    missing = await get(service, "/v1/policies/tiering/99", Scope.POLICY_READ)
    assert (missing.status_code, missing.json()["rule"]) == (404, "policy-unknown")


async def test_a_run_is_asked_for_once_per_key_and_can_be_followed_to_its_end(service):
    await measure(service, event(assets=VIP_FEN), event())
    headers = {**service.headers(Scope.TIER_RUN), "Idempotency-Key": "again"}
    first = await service.client.post("/v1/tiering/runs", headers=headers)
    second = await service.client.post("/v1/tiering/runs", headers=headers)
    assert (first.status_code, second.json()["id"]) == (202, first.json()["id"])

    async def done():
        found = (await get(service, f"/v1/tiering/runs/{first.json()['id']}", Scope.TIER_RUN)).json()
        return found["state"] == "done" and (found["decided"], found["unchanged"], found["seconds"] >= 0) == (2, 2, True)

    await eventually(done)
    listed = (await get(service, "/v1/tiering/runs", Scope.TIER_RUN)).json()
    assert [run["kind"] for run in listed["items"]] == ["requested"]
    missing = await get(service, f"/v1/tiering/runs/{new_id()}", Scope.TIER_RUN)
    assert (missing.status_code, missing.json()["rule"]) == (404, "run-unknown")


async def test_a_clock_moved_by_a_month_makes_one_nightly_run(service):
    service.clock.advance(timedelta(days=31))

    async def fired():
        return await service.database.pool.fetchval("SELECT count(*) FROM run WHERE kind = 'nightly'")

    await eventually(fired)
    assert await fired() == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/summary/tiers"),
        ("GET", "/v1/packages"),
        ("GET", "/v1/policies/tiering"),
        ("POST", "/v1/policies/tiering/3/approval"),
        ("POST", "/v1/tiering/runs"),
    ],
)
async def test_no_route_answers_without_its_scope(service, method, path):
    answer = await service.client.request(method, path, headers=service.headers(Scope.PLAN_READ))
    assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing")
