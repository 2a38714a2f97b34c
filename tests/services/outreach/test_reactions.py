"""What outreach does when it is told something, over a real broker."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from contracts.values import Channel, SignalKind, Tier
from services.outreach.main import SERVICE
from tests.services.outreach.builders import alert_of, consent, registered, signal, tier_changed


async def planned(service, customer: UUID) -> set[tuple[str, str]]:
    rows = await service.database.pool.fetch(
        "SELECT kind, channel FROM contact WHERE customer_id = $1 AND state = 'planned'", customer
    )
    return {(row["kind"], row["channel"]) for row in rows}


async def test_events_in_any_order_end_in_the_same_plan_and_every_contact_is_told(running):
    async with running(SERVICE) as service:
        first, second = uuid4(), uuid4()
        today = service.clock.today()
        await service.publish(registered(first), tier_changed(first, Tier.VIP), signal(first, SignalKind.PAYROLL, as_of=today))
        await service.publish(signal(second, SignalKind.PAYROLL, as_of=today), tier_changed(second, Tier.VIP), registered(second))
        await service.settled()
        assert {kind for kind, _ in await planned(service, first)} >= {"salary_plan"}
        kinds = [{kind for kind, _ in await planned(service, customer)} for customer in (first, second)]
        assert kinds[0] - {"deep_talk"} == kinds[1] - {"deep_talk"}
        rows = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = 'outreach.contact.planned.v1'")
        told = {orjson.loads(row["payload"])["data"]["contact_id"] for row in rows}
        stored = {str(row["id"]) for row in await service.database.pool.fetch("SELECT id FROM contact")}
        assert told == stored


async def test_a_second_delivery_of_the_same_events_changes_nothing(running):
    async with running(SERVICE) as service:
        customer = uuid4()
        events = (registered(customer), tier_changed(customer, Tier.POTENTIAL))
        ids = await service.publish(*events)
        await service.settled()
        before = await service.database.pool.fetch("SELECT * FROM contact ORDER BY id")
        await service.publish(*events, event_ids=ids)
        await service.settled()
        assert await service.database.pool.fetch("SELECT * FROM contact ORDER BY id") == before
        assert before


async def test_a_batch_of_customers_is_planned_as_a_set(running):
    async with running(SERVICE) as service:
        customers = [uuid4() for _ in range(250)]
        await service.publish(*(registered(customer) for customer in customers))
        await service.publish(*(tier_changed(customer, Tier.ORDINARY) for customer in customers))
        await service.settled(timeout_seconds=60)
        rows = await service.database.pool.fetch("SELECT customer_id, count(*) FROM obligation GROUP BY 1")
        assert {row["customer_id"] for row in rows} == set(customers)
        clash = await service.database.pool.fetchval(
            "SELECT count(*) FROM (SELECT FROM contact GROUP BY customer_id, day HAVING count(*) > 1) AS doubled"
        )
        assert clash == 0


async def test_a_refusal_takes_planned_contacts_back_and_tells_it(running):
    async with running(SERVICE) as service:
        customer = uuid4()
        await service.publish(registered(customer), tier_changed(customer, Tier.POTENTIAL))
        await service.settled()
        assert "value_content" in {kind for kind, _ in await planned(service, customer)}
        await service.publish(consent(customer, purpose="marketing", channel=None, granted=False))
        await service.settled()
        assert "value_content" not in {kind for kind, _ in await planned(service, customer)}
        rows = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = 'outreach.contact.withdrawn.v1'")
        assert {orjson.loads(row["payload"])["data"]["reason"] for row in rows} == {"consent_refused"}


@pytest.mark.parametrize("settled_by", [0, 1], ids=["contacted", "closed"])
async def test_an_alert_of_the_watch_is_planned_by_phone_within_a_day_and_taken_back_when_it_is_settled(running, settled_by):
    async with running(SERVICE) as service:
        customer = uuid4()
        raised = signal(customer, SignalKind.LARGE_OUTFLOW, as_of=service.clock.today())
        await service.publish(raised)
        await service.settled()
        assert await planned(service, customer) == set(), "what was announced must not be planned from the signal"
        opened, *settled = alert_of(raised, now=service.clock.now())
        await service.publish(opened)
        await service.settled()
        assert await planned(service, customer) == {("outflow_confirmation", Channel.PHONE)}
        at = await service.database.pool.fetchval("SELECT at FROM contact WHERE customer_id = $1", customer)
        assert service.clock.now() < at <= service.clock.now() + timedelta(hours=24)
        await service.publish(settled[settled_by])
        await service.settled()
        assert await planned(service, customer) == set()
        rows = await service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = 'outreach.contact.withdrawn.v1'")
        assert [orjson.loads(row["payload"])["data"]["reason"] for row in rows] == ["alert_settled"]


async def test_the_night_runs_by_itself_when_the_clock_passes_it_and_arms_the_next_one(running):
    async with running(SERVICE) as service:
        customer = uuid4()
        await service.publish(registered(customer), tier_changed(customer, Tier.POTENTIAL))
        await service.settled()
        service.clock.advance(timedelta(days=31))
        async with asyncio.timeout(20):
            ended = "SELECT * FROM plan_run WHERE ended_at IS NOT NULL"
            while not (run := await service.database.pool.fetchrow(ended)):  # noqa: ASYNC110  # another task ends it
                await asyncio.sleep(0.05)
        assert (run["cause"], run["customers"]) == ("nightly", 1)
        assert run["planned"] >= 1
        due = await service.database.pool.fetchval("SELECT due_at FROM timer WHERE kind = 'outreach.night' AND state = 'due'")
        assert due > service.clock.now()
        assert await service.database.pool.fetchval("SELECT count(*) FROM plan_run") == 1
