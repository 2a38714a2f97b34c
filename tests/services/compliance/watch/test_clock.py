"""The clock of the watch: rungs fire once each, in order, through jumps and restarts (H25, invariant 14)."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.compliance.main import SERVICE
from tests.services.compliance.watch.builders import adviser, alert_of, an_outflow, fired, outflow, registered, told

UNANSWERED = """
SELECT count(*) FROM risk_alert
WHERE due_at <= $1 AND coalesce(contacted_at, escalated_at, closed_at) IS NULL
"""


async def rungs_told(service, alert) -> list[tuple[int, str]]:
    return [(one["percent"], one["step"]) for one in await told(service, "alert.rung", alert["customer_id"])]


async def test_each_rung_tells_whom_it_should_and_the_last_hands_the_alert_to_the_branch(service):
    alert = await an_outflow(service)
    for hours, percents in ((11.9, []), (0.2, [50]), (7.2, [50, 80]), (4.8, [50, 80, 100])):
        service.clock.advance(timedelta(hours=hours))
        await fired(service)
        assert [percent for percent, _ in await rungs_told(service, alert)] == percents
    reached = await told(service, "alert.rung", alert["customer_id"])
    assert [one["audience"] for one in reached] == [["owner"], ["owner", "branch_manager"], ["branch_manager", "compliance"]]
    assert [one["owner"] for one in reached] == ["staff", "staff", "branch"]
    after = await alert_of(service, UUID(alert["customer_id"]))
    assert (after["owner"], after["owner_no"], after["escalation"], after["overdue"]) == ("branch", "0101", "overdue", True)
    assert [rung["percent"] for rung in after["rungs"]] == [50, 80, 100]
    assert (await service.client.get(f"/v1/alerts/{alert['alert_id']}", headers=adviser(service))).status_code == 200


async def test_a_clock_that_jumps_30_hours_fires_all_rungs_once_in_order_and_going_back_fires_none_again(service):
    alert = await an_outflow(service)
    service.clock.advance(timedelta(hours=30))
    await fired(service)
    in_order = [(50, "remind"), (80, "manager"), (100, "escalate")]
    assert await rungs_told(service, alert) == in_order
    service.clock.advance(timedelta(hours=-30))
    await fired(service)
    service.clock.advance(timedelta(hours=60))
    await fired(service)
    assert await rungs_told(service, alert) == in_order


async def test_a_clock_that_goes_back_in_between_fires_the_rest_at_its_time(service):
    alert = await an_outflow(service)
    service.clock.advance(timedelta(hours=13))
    await fired(service)
    service.clock.advance(timedelta(hours=-6))
    await fired(service)
    service.clock.advance(timedelta(hours=11))
    await fired(service)
    assert await rungs_told(service, alert) == [(50, "remind")]
    service.clock.advance(timedelta(hours=7))
    await fired(service)
    assert await rungs_told(service, alert) == [(50, "remind"), (80, "manager"), (100, "escalate")]


async def test_a_restart_midway_neither_forgets_nor_repeats_a_rung(servers, running, tmp_path):
    url, customer = await servers.database("compliance"), uuid4()
    kept = {"database_url": url, "audit_key": tmp_path / "audit.json"}
    try:
        async with running(SERVICE, **kept) as service:
            await service.publish(registered(customer), outflow(customer, day=service.clock.today()))
            await service.settled()
            alert = await alert_of(service, customer)
            service.clock.advance(timedelta(hours=13))
            await fired(service)
            assert [percent for percent, _ in await rungs_told(service, alert)] == [50]
        async with running(SERVICE, **kept, clock_offset_seconds=30 * 3600) as service:
            await fired(service)
            assert [percent for percent, _ in await rungs_told(service, alert)] == [50, 80, 100]
    finally:
        await servers.drop(url)


async def test_every_outflow_has_a_contact_an_escalation_or_an_outcome_within_its_24_hours(service):
    alerts = [await an_outflow(service) for _ in range(4)]
    answers = [
        ("contacts", {"channel": "phone", "result": "reached"}),
        ("contacts", {"channel": "phone", "result": "no_answer"}),
        ("outcome", {"outcome": "fraud_suspected"}),
    ]
    for alert, (what, body) in zip(alerts, answers, strict=False):
        path = f"/v1/alerts/{alert['alert_id']}/{what}"
        assert (await service.client.post(path, json=body, headers=adviser(service))).status_code == 200
    service.clock.advance(timedelta(hours=24))
    await fired(service)
    assert await service.database.pool.fetchval(UNANSWERED, service.clock.now()) == 0
    escalated = [bool(await told(service, "alert.rung", alert["customer_id"])) for alert in alerts]
    assert escalated == [False, True, False, True]
