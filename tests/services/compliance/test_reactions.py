import pytest

from chassis.ids import new_id
from contracts.events.audit import AUDITED
from contracts.values import Outcome
from services.compliance.main import SERVICE
from tests.services.compliance.builders import audited, deliver

ROWS = "SELECT position, service, act, actor, outcome, details::text AS details FROM audit_entry ORDER BY position"


async def test_acts_of_all_six_services_arrive_in_the_log(running):
    async with running(SERVICE) as service:
        await service.publish(*(audited(kind, act=f"{name}.done") for name, kind in AUDITED.items()))
        await service.settled()
        rows = await service.database.pool.fetch(ROWS)
    assert len(AUDITED) == 6
    assert [(row["service"], row["act"]) for row in rows] == [(name, f"{name}.done") for name in AUDITED]


async def test_acts_that_are_delivered_again_and_again_are_entered_once(running):
    async with running(SERVICE, consumer_batch=5) as service:
        await deliver(service, *(audited(act=f"act.{number}") for number in range(20)), times=3)
        await service.settled()
        rows = await service.database.pool.fetch(ROWS)
    assert [row["position"] for row in rows] == list(range(20))
    assert [row["act"] for row in rows] == [f"act.{number}" for number in range(20)]


async def test_an_act_that_comes_back_after_the_inbox_forgot_it_is_entered_once(running):
    async with running(SERVICE) as service:
        event = audited()
        (event_id,) = await service.publish(event)
        await service.settled()
        await service.database.pool.execute("DELETE FROM inbox")
        await service.database.pool.execute("DELETE FROM outbox")
        envelope = await _envelope(service, event, event_id)
        async with service.database.begin() as session:
            assert await service.runtime.inbox.apply(session, [envelope]) == 1
        assert await service.database.pool.fetchval("SELECT count(*) FROM audit_entry") == 1


async def test_a_refused_act_arrives_with_its_rule(running):
    async with running(SERVICE) as service:
        await service.publish(audited(outcome=Outcome.REFUSED, rule="not-your-customer", details={"tries": 2}))
        await service.settled()
        row = await service.database.pool.fetchrow("SELECT outcome, rule, details::text AS details FROM audit_entry")
    assert tuple(row) == ("refused", "not-your-customer", '{"tries": 2}')


@pytest.mark.parametrize("batch", [1, 100])
async def test_interleaved_acts_of_several_services_keep_their_order(running, batch):
    kinds = list(AUDITED.values()) * 5
    async with running(SERVICE, consumer_batch=batch) as service:
        await deliver(service, *(audited(kind, act=f"act.{number}") for number, kind in enumerate(kinds)))
        await service.settled()
        rows = await service.database.pool.fetch(ROWS)
    assert [row["act"] for row in rows] == [f"act.{number}" for number in range(30)]


async def test_interleaved_acts_of_several_services_are_appended_as_one_run(running):
    async with running(SERVICE) as service:
        envelopes = [await _envelope(service, audited(kind), new_id()) for kind in list(AUDITED.values()) * 3]
        async with service.database.begin() as session:
            await service.runtime.inbox.apply(session, envelopes)
        moments = await service.database.pool.fetch("SELECT recorded_at, count(*) FROM audit_entry GROUP BY recorded_at")
    assert [row["count"] for row in moments] == [len(envelopes)]


async def _envelope(service, event, event_id):
    from contracts.events import open_envelope, seal

    return open_envelope(seal(event, event_id=event_id, time=service.clock.now()))
