"""The watch over HTTP, from a signal on the broker to the outcome."""

from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from contracts.values import Role, Scope
from services.compliance.watch.actions import fire_rungs
from services.compliance.watch.policy import rules
from tests.services.compliance.watch.builders import (
    adviser,
    alert_of,
    an_outflow,
    changed,
    compliance,
    fired,
    manager,
    outflow,
    registered,
    streak,
    told,
)


async def post(service, alert, what, headers, **body):
    return await service.client.post(f"/v1/alerts/{alert['alert_id']}/{what}", json=body, headers=headers)


async def test_a_large_outflow_becomes_an_alert_of_the_adviser_that_must_be_confirmed_within_24_hours(service):
    alert = await an_outflow(service)
    assert (alert["kind"], alert["owner"], alert["owner_no"]) == ("large_outflow", "staff", "A100")
    (opened,) = await told(service, "alert.opened", alert["customer_id"])
    assert opened["due_at"] == alert["due_at"]
    hours = await service.database.pool.fetchval(
        "SELECT due_at - raised_at FROM risk_alert WHERE id = $1", UUID(alert["alert_id"])
    )
    assert hours == timedelta(hours=24)
    assert (opened["amount_fen"], opened["day"]) == (8_000_000, service.clock.today().isoformat())


async def test_the_script_names_day_and_amount_asks_for_fraud_and_offers_to_check_the_payee(service):
    alert = await an_outflow(service, accounts=(uuid4(),))
    day = service.clock.today()
    for words in (f"{day.year}年{day.month}月{day.day}日", "80,000.00元", "尾号{last_four}", "电信诈骗", "核实收款方"):
        assert words in alert["script"]["zh"]
    assert "{" not in alert["script"]["zh"].replace("{last_four}", "")


async def test_without_an_adviser_the_branch_owns_the_alert_and_without_a_record_compliance_until_it_arrives(service):
    assert (await an_outflow(service, adviser_no=None))["owner_no"] == "0101"
    stranger = uuid4()
    await service.publish(outflow(stranger, day=service.clock.today()))
    await service.settled()
    assert (await alert_of(service, stranger))["owner"] == "compliance"
    await service.publish(registered(stranger, adviser_no="A7"))
    await service.settled()
    alert = await alert_of(service, stranger)
    assert (alert["owner"], alert["owner_no"], alert["branch"]) == ("staff", "A7", "0101")


async def test_the_same_signal_opens_one_alert_also_when_the_inbox_has_forgotten_it(service):
    customer, day = uuid4(), service.clock.today()
    signal = outflow(customer, day=day)
    await service.publish(signal)
    await service.publish(signal)
    await service.settled()
    assert len(await told(service, "alert.opened", customer)) == 1


async def test_a_confirmed_contact_stops_the_clock_and_a_failed_one_does_not(service):
    alert = await an_outflow(service)
    missed = await post(service, alert, "contacts", adviser(service), channel="phone", result="no_answer")
    assert missed.json()["contacted_at"] is None
    reached = (await post(service, alert, "contacts", adviser(service), channel="phone", result="reached")).json()
    assert [one["result"] for one in reached["contacts"]] == ["no_answer", "reached"]
    service.clock.advance(timedelta(hours=30))
    await fired(service)
    assert await told(service, "alert.rung", alert["customer_id"]) == []
    read = await service.client.get(f"/v1/alerts/{alert['alert_id']}", headers=adviser(service))
    assert (read.json()["overdue"], read.json()["contacted_at"]) == (False, reached["contacted_at"])


async def test_an_explanation_needs_a_contact_and_a_reason_of_the_policy(service):
    alert = await an_outflow(service)
    early = await post(service, alert, "outcome", adviser(service), outcome="explained", reason="tuition")
    assert (early.status_code, early.json()["rule"]) == (409, "contact-missing")
    await post(service, alert, "contacts", adviser(service), channel="branch", result="reached")
    unknown = await post(service, alert, "outcome", adviser(service), outcome="explained", reason="whim")
    assert (unknown.status_code, unknown.json()["rule"]) == (422, "reason-unknown")
    done = await post(service, alert, "outcome", adviser(service), outcome="explained", reason="tuition")
    assert (done.status_code, done.json()["outcome"], done.json()["outcomes"]) == (200, "explained", [])
    (ended,) = await told(service, "alert.closed", alert["customer_id"])
    assert (ended["outcome"], ended["reason"]) == ("explained", "tuition")
    again = await post(service, alert, "outcome", adviser(service), outcome="fraud_suspected")
    assert (again.status_code, again.json()["rule"]) == (409, "alert-closed")


async def test_an_unreachable_customer_goes_to_the_branch_after_three_attempts_and_the_alert_stays_open(service):
    alert = await an_outflow(service)
    for _ in range(3):
        early = await post(service, alert, "outcome", adviser(service), outcome="unreachable")
        assert (early.status_code, early.json()["rule"]) == (409, "attempts-missing")
        await post(service, alert, "contacts", adviser(service), channel="phone", result="no_answer")
    handed = (await post(service, alert, "outcome", adviser(service), outcome="unreachable")).json()
    assert (handed["owner"], handed["owner_no"], handed["escalation"]) == ("branch", "0101", "unreachable")
    assert handed["closed_at"] is None
    (rung,) = await told(service, "alert.rung", alert["customer_id"])
    assert (rung["step"], rung["percent"], rung["reason"]) == ("escalate", None, "unreachable")
    assert (await post(service, alert, "outcome", manager(service), outcome="unreachable")).json()[
        "rule"
    ] == "alert-already-escalated"
    assert (await post(service, alert, "outcome", manager(service), outcome="fraud_suspected")).status_code == 200


async def test_suspected_fraud_queues_a_freeze_request_and_tells_the_reason_and_the_way_to_appeal(service):
    alert = await an_outflow(service)
    ended = (await post(service, alert, "outcome", adviser(service), outcome="fraud_suspected")).json()
    assert (ended["freeze"]["state"], ended["freeze"]["attempts"]) == ("queued", 0)
    assert "第三十二条" in ended["freeze"]["notice"]["clause"]
    assert "申诉" in ended["freeze"]["notice"]["zh"]
    body = orjson.loads(
        await service.database.pool.fetchval("SELECT body FROM freeze_request WHERE alert_id = $1", UUID(alert["alert_id"]))
    )
    assert body["data"]["transactions"] == ["T2", "T3"]
    assert body["data"].keys() == {"freeze_id", "alert_id", "reason", "transactions", "day", "amount_fen"}


async def test_an_announced_outflow_is_recorded_and_raises_no_alarm_until_its_amount_is_used_up(service):
    customer, day = uuid4(), service.clock.today()
    wanted = {"purpose": "home_purchase", "first": day.isoformat(), "last": day.isoformat(), "up_to_fen": 10_000_000}
    mine = service.headers(Scope.ALERT_WRITE, Scope.ALERT_READ, customer=customer, roles=[Role.ADVISER], staff_no="A100")
    path = f"/v1/customers/{customer}/announced-outflows"
    assert (await service.client.post(path, json=wanted, headers=mine)).status_code == 201
    await service.publish(outflow(customer, day=day, fen=8_000_000))
    await service.publish(outflow(customer, day=day, fen=2_000_001))
    await service.settled()
    assert len(await told(service, "alert.opened", customer)) == 1
    (ended,) = await told(service, "alert.closed", customer)
    assert ended["outcome"] == "announced"
    (announcement,) = (await service.client.get(path, headers=mine)).json()
    assert announcement["used_fen"] == 8_000_000


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"purpose": "whim"}, "purpose-unknown"),
        ({"up_to_fen": 1_000_000_001}, "announcement-amount"),
        ({"first": "2020-01-01"}, "announcement-period"),
    ],
)
async def test_an_announcement_that_the_policy_does_not_know_is_refused(service, change, rule):
    day = service.clock.today().isoformat()
    body = {"purpose": "tuition", "first": day, "last": day, "up_to_fen": 1, **change}
    customer = uuid4()
    headers = service.headers(Scope.ALERT_WRITE, customer=customer, roles=[Role.ADVISER])
    answer = await service.client.post(f"/v1/customers/{customer}/announced-outflows", json=body, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


async def test_a_high_risk_streak_locks_sales_until_a_re_assessment_was_offered_with_advice(service):
    customer = uuid4()
    await service.publish(registered(customer), streak(customer, day=service.clock.today()))
    await service.settled()
    alert = await alert_of(service, customer)
    assert (alert["kind"], alert["outcomes"]) == ("high_risk_streak", ["reassessment_offered", "unreachable"])
    assert "重新进行风险承受能力测评" in alert["script"]["zh"]
    standing = "SELECT count(*) FROM sale_lock WHERE customer_id = $1 AND lifted_at IS NULL"
    assert await service.database.pool.fetchval(standing, customer) == 1
    explained = await post(service, alert, "outcome", adviser(service), outcome="explained", reason="tuition")
    assert explained.json()["rule"] == "outcome-not-of-kind"
    await post(service, alert, "contacts", adviser(service), channel="phone", result="reached")
    silent = await post(service, alert, "outcome", adviser(service), outcome="reassessment_offered")
    assert (silent.status_code, silent.json()["rule"]) == (422, "advice-missing")
    assert await service.database.pool.fetchval(standing, customer) == 1
    done = await post(service, alert, "outcome", adviser(service), outcome="reassessment_offered", advice_given=True)
    assert done.status_code == 200
    assert await service.database.pool.fetchval(standing, customer) == 0
    assert [(lock["version"], lock["locked"]) for lock in await told(service, "sale_lock.changed", customer)] == [
        (1, True),
        (2, False),
    ]


async def test_nobody_reads_or_changes_an_alert_beyond_the_own_reach_and_the_refusal_is_logged(service):
    alert = await an_outflow(service)
    for headers in (adviser(service, "A999"), manager(service, "0202")):
        assert (await service.client.get(f"/v1/alerts/{alert['alert_id']}", headers=headers)).status_code == 403
        answer = await post(service, alert, "contacts", headers, channel="phone", result="reached")
        assert (answer.status_code, answer.json()["rule"]) == (403, "alert-not-within-reach")
        nothing = await service.client.get(f"/v1/alerts/{uuid4()}", headers=headers)
        assert nothing.json()["rule"] == "alert-not-within-reach"
        listed = await service.client.get("/v1/alerts?state=all", headers=headers)
        assert alert["alert_id"] not in {row["alert_id"] for row in listed.json()["items"]}
    another = service.headers(Scope.ALERT_READ, customer=uuid4(), roles=[Role.ADVISER])
    assert (await service.client.get(f"/v1/alerts/{alert['alert_id']}", headers=another)).status_code == 403
    assert (await service.client.get("/v1/alerts?state=all", headers=another)).json()["items"] == []
    assert (await service.client.get(f"/v1/alerts/{uuid4()}", headers=compliance(service))).status_code == 404
    await service.settled()
    refused = await service.database.pool.fetchval(
        "SELECT count(*) FROM audit_entry WHERE rule = 'alert-not-within-reach' AND actor = 'staff:A999'"
    )
    assert refused == 3


async def test_an_alert_handed_to_somebody_is_theirs_to_see_and_its_clock_goes_on(service):
    alert = await an_outflow(service)
    given = await post(service, alert, "owner", manager(service), staff_no="A555")
    assert (given.json()["owner_no"], given.json()["due_at"]) == ("A555", alert["due_at"])
    listed = (await service.client.get("/v1/alerts", headers=adviser(service, "A555"))).json()["items"]
    assert [row["alert_id"] for row in listed] == [alert["alert_id"]]


@pytest.mark.parametrize(("handed", "owner"), [(True, "A555"), (False, "A9")])
async def test_a_new_adviser_takes_over_what_was_not_handed_to_somebody_else(service, handed, owner):
    alert = await an_outflow(service)
    if handed:
        await post(service, alert, "owner", manager(service), staff_no="A555")
    await service.publish(registered(UUID(alert["customer_id"]), adviser_no="A8"))
    await service.publish(changed(UUID(alert["customer_id"]), adviser_no="A9"))
    await service.settled()
    assert (await alert_of(service, UUID(alert["customer_id"])))["owner_no"] == owner


async def test_a_contact_takes_the_rungs_off_the_clock_and_one_that_comes_all_the_same_does_nothing(service):
    alert = await an_outflow(service)
    await post(service, alert, "contacts", adviser(service), channel="phone", result="reached")
    due = "SELECT count(*) FROM timer WHERE kind = 'alert.rung' AND state = 'due' AND key LIKE $1"
    assert await service.database.pool.fetchval(due, f"{alert['alert_id']}:%") == 0
    assert len(await told(service, "alert.contacted", alert["customer_id"])) == 1
    async with service.database.begin() as session:
        late = service.clock.now() + timedelta(hours=30)
        assert await fire_rungs(session, alert_id=UUID(alert["alert_id"]), rules=rules(), now=late) == []


async def test_lists_come_in_pages_the_newest_first(service):
    alerts = [(await an_outflow(service, branch="0777"))["alert_id"] for _ in range(3)]
    first = (await service.client.get("/v1/alerts?limit=2", headers=manager(service, "0777"))).json()
    second = (await service.client.get(f"/v1/alerts?limit=2&cursor={first['next']}", headers=manager(service, "0777"))).json()
    assert [row["alert_id"] for row in first["items"] + second["items"]] == alerts[::-1]
    assert second["next"] is None


async def test_the_report_tells_time_to_contact_share_in_time_and_false_alarms(service):
    branch = "0888"
    alerts = [await an_outflow(service, branch=branch) for _ in range(4)]
    for hours, alert in zip((2, 4, 24), alerts, strict=False):
        service.clock.advance(timedelta(hours=hours))
        await post(service, alert, "contacts", compliance(service), channel="phone", result="reached")
    await post(service, alerts[0], "outcome", compliance(service), outcome="explained", reason="medical")
    await post(service, alerts[1], "outcome", compliance(service), outcome="fraud_suspected")
    answer = await service.client.get("/v1/summary/alerts", headers=manager(service, branch))
    (cause,) = answer.json()["causes"]
    assert (cause["alerts"], cause["contacted"], cause["open"]) == (4, 3, 2)
    assert [cause[name] // 3600 for name in ("p50_seconds", "p90_seconds", "max_seconds")] == [6, 30, 30]
    assert (cause["within_time_bp"], cause["false_alarms_bp"]) == (5_000, 5_000)
    no_period = await service.client.get("/v1/summary/alerts?first=2026-02-01&last=2026-01-01", headers=manager(service))
    assert (no_period.status_code, no_period.json()["rule"]) == (422, "report-period")
