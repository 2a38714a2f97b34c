"""The routes, asked over HTTP with capabilities of the gateway."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.values import Reach, Role, Scope, SignalKind, Tier
from services.outreach import actions
from services.outreach.actions.hearing import RaisedSignal
from services.outreach.main import SERVICE
from services.outreach.store.recipients import Record


@pytest.fixture
async def service(running):
    async with running(SERVICE) as service:
        yield service


async def a_customer(service, tier: Tier | None = Tier.POTENTIAL, *, branch: str = "0101") -> UUID:
    customer, now = uuid4(), service.clock.now()
    async with service.database.begin() as session:
        await actions.hear_records(session, records=[Record(customer, date(1980, 5, 17), branch, None)], changed=False, now=now)
        if tier is not None:
            await actions.hear_tiers(session, tiers=[(customer, tier)], now=now)
    return customer


async def an_outflow(service, customer: UUID) -> UUID:
    signal, now = uuid4(), service.clock.now()
    raised = RaisedSignal(signal, customer, SignalKind.LARGE_OUTFLOW, service.clock.today(), now)
    async with service.database.begin() as session:
        await actions.hear_signals(session, signals=[raised], now=now)
    return signal


async def test_the_plan_shows_each_contact_with_its_reasons_in_both_languages(service):
    customer = await a_customer(service)
    signal = await an_outflow(service, customer)
    answer = await service.client.get(
        f"/v1/customers/{customer}/plan", headers=service.headers(Scope.PLAN_READ, customer=customer)
    )
    assert answer.status_code == 200
    plan = answer.json()
    assert plan["tier"] == "potential"
    assert date.fromisoformat(plan["last"]) - date.fromisoformat(plan["first"]) == timedelta(days=27)
    by_kind = {contact["kind"]["code"]: contact for contact in plan["contacts"]}
    assert by_kind["outflow_confirmation"]["why"]["signal_id"] == str(signal)
    assert by_kind["outflow_confirmation"]["why"]["origin"] == "wish"
    assert by_kind["value_content"]["why"]["origin"] == "obligation"
    assert by_kind["value_content"]["kind"]["text"]["zh"] == "价值内容"
    for contact in plan["contacts"]:
        for rule in ("placed", "channel", "calendar"):
            assert contact["why"][rule]["text"]["zh"]
            assert contact["why"][rule]["text"]["en"]
    assert [contact["at"] for contact in plan["contacts"]] == sorted(contact["at"] for contact in plan["contacts"])


async def test_the_plan_has_the_documented_shape(service):
    from services.outreach.schemas import PlanOut

    customer = await a_customer(service)
    await an_outflow(service, customer)
    answer = await service.client.get(f"/v1/customers/{customer}/plan", headers=service.headers(Scope.PLAN_READ))
    assert PlanOut.model_validate_json(answer.content, strict=False).contacts


async def test_a_plan_of_another_customer_is_refused_and_an_unknown_one_named(service):
    customer = await a_customer(service)
    refused = await service.client.get(
        f"/v1/customers/{customer}/plan", headers=service.headers(Scope.PLAN_READ, customer=uuid4())
    )
    assert (refused.status_code, refused.json()["rule"]) == (403, "customer-not-yours")
    unknown = await service.client.get(f"/v1/customers/{uuid4()}/plan", headers=service.headers(Scope.PLAN_READ))
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "recipient-unknown")


async def test_what_waits_names_the_rule_in_the_way(service):
    customer = await a_customer(service, None)
    now = service.clock.now()
    async with service.database.begin() as session:
        raised = RaisedSignal(uuid4(), customer, SignalKind.PAYROLL, service.clock.today(), now)
        await actions.hear_signals(session, signals=[raised], now=now)
    answer = await service.client.get(f"/v1/customers/{customer}/plan", headers=service.headers(Scope.PLAN_READ))
    (waiting,) = answer.json()["waiting"]
    assert (waiting["kind"]["code"], waiting["origin"], waiting["why"]["rule"]) == ("salary_plan", "wish", "recipient_unknown")


async def test_obligations_come_in_pages_and_by_state(service):
    customer = await a_customer(service)
    headers = service.headers(Scope.PLAN_READ)
    first = (await service.client.get(f"/v1/customers/{customer}/obligations?limit=1", headers=headers)).json()
    seen, page = list(first["items"]), first
    while page["next"]:
        url = f"/v1/customers/{customer}/obligations?limit=1&cursor={page['next']}"
        page = (await service.client.get(url, headers=headers)).json()
        seen += page["items"]
    assert len({item["obligation_id"] for item in seen}) == len(seen) >= 2
    planned = (await service.client.get(f"/v1/customers/{customer}/obligations?state=planned", headers=headers)).json()["items"]
    assert {item["state"] for item in planned} == {"planned"}
    bad = await service.client.get(f"/v1/customers/{customer}/obligations?cursor=WyJ4Il0", headers=headers)
    assert (bad.status_code, bad.json()["rule"]) == (422, "cursor-invalid")


async def test_the_summary_counts_what_is_planned_and_a_branch_sees_itself_alone(service):
    await an_outflow(service, await a_customer(service, branch="0101"))
    await a_customer(service, Tier.ORDINARY, branch="0202")
    bank = (await service.client.get("/v1/summary/plan?weeks=4", headers=service.headers(Scope.SUMMARY_READ))).json()
    stored = await service.database.pool.fetchval("SELECT count(*) FROM contact WHERE state = 'planned'")
    assert bank["contacts"] == stored == sum(week["contacts"] for week in bank["weeks"])
    assert bank["recipients"] == 2
    manager = service.headers(Scope.SUMMARY_READ, roles=[Role.BRANCH_MANAGER], reach=Reach.BRANCH, branch="0202")
    branch = (await service.client.get("/v1/summary/plan", headers=manager)).json()
    assert {week["tier"] for week in branch["weeks"]} <= {"ordinary"}
    assert (branch["branch"], branch["recipients"]) == ("0202", 1)
    adviser = service.headers(Scope.SUMMARY_READ, roles=[Role.ADVISER], reach=Reach.OWN)
    assert (await service.client.get("/v1/summary/plan", headers=adviser)).status_code == 403


async def test_a_run_is_asked_for_audited_refused_while_one_is_under_way_and_done_in_a_moment(service):
    await a_customer(service)
    headers = service.headers(Scope.PLAN_RUN)
    asked = await service.client.post("/v1/plan/runs", headers=headers)
    assert asked.status_code == 202
    run_id = asked.json()["id"]
    again = await service.client.post("/v1/plan/runs", headers=headers)
    if again.status_code != 202:
        assert (again.status_code, again.json()["rule"]) == (409, "plan-run-in-progress")
    async with asyncio.timeout(20):
        run = asked.json()
        while not run["ended_at"]:
            await asyncio.sleep(0.05)
            run = (await service.client.get(f"/v1/plan/runs/{run_id}", headers=headers)).json()
    assert run["customers"] == 1
    audited = await service.database.pool.fetchval("SELECT count(*) FROM outbox WHERE subject = 'outreach.audit.recorded.v1'")
    assert audited >= 1
    unknown = await service.client.get(f"/v1/plan/runs/{uuid4()}", headers=headers)
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "plan-run-unknown")


async def test_the_cadence_and_its_calendar_are_shown_as_they_are_in_force(service):
    headers = service.headers(Scope.POLICY_READ)
    cadence = (await service.client.get("/v1/cadence", headers=headers)).json()
    assert {"tier": "vip", "kind": "deep_talk", "every": "month", "min_days_left": 10} in cadence["obligations"]
    assert cadence["budget"]["caps"][0]["at_most"] == 1
    calendar = (await service.client.get("/v1/cadence/calendar", headers=headers)).json()
    assert calendar["days_off"]["2026-02-17"] == "春节"
    assert "2026-02-14" in calendar["working_days"]


async def test_each_route_asks_for_its_scope(service):
    customer = await a_customer(service)
    for method, path in (
        ("GET", f"/v1/customers/{customer}/plan"),
        ("GET", f"/v1/customers/{customer}/obligations"),
        ("GET", "/v1/summary/plan"),
        ("GET", "/v1/cadence"),
        ("POST", "/v1/plan/runs"),
    ):
        answer = await service.client.request(method, path, headers=service.headers(Scope.TIER_READ))
        assert (answer.status_code, answer.json()["rule"]) == (403, "scope-missing"), path
        assert (await service.client.request(method, path)).status_code == 401
