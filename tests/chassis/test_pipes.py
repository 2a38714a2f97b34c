"""Events from an outbox through the broker to an inbox: once in effect, in order, through faults."""

import contextlib
from contextlib import AbstractAsyncContextManager

from chassis import dead_letters
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.relay import replay
from contracts.events.referral import CodeIssued
from tests.chassis import probe
from tests.support.apps import Running
from tests.support.servers import TestServers
from tests.support.waiting import eventually


def run_probe(servers: TestServers, **changes: object) -> "AbstractAsyncContextManager[Running]":
    return probe.running(servers, **{"retry_seconds": 0.05, "delivery_attempts": 3, **changes})


async def emitted(service: Running, *events: object) -> None:
    async with service.runtime.database.begin() as session:
        await emit(session, *events)


async def test_events_of_one_transaction_arrive_once_and_in_order(servers: TestServers) -> None:
    customers = [new_id() for _ in range(300)]
    async with run_probe(servers) as service:
        await emitted(service, *[probe.tier_changed(customer, version) for version in (1, 2, 3) for customer in customers])
        await service.settled()
        found = await probe.effects(service.runtime.database.pool)
    assert found == {str(customer): [1, 2, 3] for customer in customers}


async def test_a_rolled_back_transaction_sends_nothing(servers: TestServers) -> None:
    async with run_probe(servers) as service:
        with contextlib.suppress(ZeroDivisionError):
            async with service.runtime.database.begin() as session:
                await emit(session, probe.tier_changed(new_id(), 1))
                raise ZeroDivisionError
        kept = new_id()
        await emitted(service, probe.tier_changed(kept, 1))
        await service.settled()
        assert await probe.effects(service.runtime.database.pool) == {str(kept): [1]}


async def test_replaying_everything_changes_nothing(servers: TestServers) -> None:
    async with run_probe(servers) as service:
        events = [probe.tier_changed(new_id(), 1) for _ in range(20)]
        await emitted(service, *events)
        await service.settled()
        connection = await service.runtime.database.connect()
        assert await replay(connection) == 20
        await connection.close()
        await emitted(service, probe.tier_changed(new_id(), 1))
        await service.settled()
        found = await probe.effects(service.runtime.database.pool)
    assert len(found) == 21
    assert all(versions == [1] for versions in found.values())


async def test_a_poison_message_is_retried_with_growing_delay_then_set_aside_while_others_go_on(servers: TestServers) -> None:
    probe.State.poisoning, attempts = True, probe.State.attempts
    attempts.clear()
    bad, good = CodeIssued(customer_id=new_id(), code=probe.POISONED), CodeIssued(customer_id=new_id(), code="GOOD")
    async with run_probe(servers, retry_seconds=0.2, delivery_attempts=4) as service:
        await emitted(service, bad, good)
        pool = service.runtime.database.pool
        await eventually(lambda: _is_applied(pool, good.aggregate))
        assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 0, "the good one did not wait for the bad one's end"
        await eventually(lambda: _letters(pool, 1))
        waits = [later - earlier for earlier, later in zip(attempts[-3:], attempts[-2:], strict=False)]
        assert waits[1] > 1.5 * waits[0]
        async with pool.acquire() as connection:
            (letter,) = await dead_letters.listed(connection)
            assert (letter.subject.endswith("referral.code.issued.v1"), letter.attempts) == (True, 4)
            assert letter.reason.startswith("RuntimeError at probe.py")
            assert "cannot be taken" not in letter.reason
            probe.State.poisoning = False
            assert await dead_letters.decide(connection, event_id=letter.id, replay=True) == 1
        await eventually(lambda: _is_applied(pool, bad.aggregate))
        async with pool.acquire() as connection:
            assert await dead_letters.listed(connection) == []


async def test_a_dropped_dead_letter_lets_the_later_versions_of_its_aggregate_go_on(servers: TestServers) -> None:
    customer = new_id()
    first, second, third = (probe.enveloped(probe.tier_changed(customer, version)) for version in (1, 2, 3))
    async with run_probe(servers) as service:
        database, inbox = service.runtime.database, service.runtime.inbox
        async with database.begin() as session:
            await inbox.apply(session, [first, third])
            await dead_letters.bury(
                session,
                event_id=second.id,
                subject=second.type,
                payload=second.model_dump_json().encode(),
                error=RuntimeError(),
                attempts=3,
            )
        assert await probe.effects(database.pool) == {str(customer): [1]}
        assert (await state(service))["parked"] == 1
        async with database.pool.acquire() as connection:
            assert await dead_letters.decide(connection, event_id=None, replay=False) == 1
        await eventually(lambda: _effects_are(database.pool, {str(customer): [1, 3]}))
        assert (await state(service))["parked"] == 0


async def test_an_unreadable_message_becomes_a_dead_letter_and_the_next_one_goes_on(servers: TestServers) -> None:
    async with run_probe(servers) as service:
        await emitted(service, probe.tier_changed(new_id(), 1))
        await service.settled()
        client = service.runtime.bus.client
        await client.publish("referral.code.issued.v1", b'{"identity": "110101199003074477"}')
        good = new_id()
        await emitted(service, probe.tier_changed(good, 1))
        pool = service.runtime.database.pool
        await eventually(lambda: _letters(pool, 1))
        await eventually(lambda: _is_applied(pool, str(good)))
        assert "110101199003074477" not in await pool.fetchval("SELECT reason FROM dead_letter")


async def state(service: Running) -> dict[str, object]:
    return (await service.client.get("/internal/status")).json()


async def _is_applied(pool: object, aggregate: str) -> bool:
    return aggregate in await probe.effects(pool)


async def _effects_are(pool: object, expected: dict[str, list[int]]) -> bool:
    return await probe.effects(pool) == expected


async def _letters(pool: object, count: int) -> bool:
    return await pool.fetchval("SELECT count(*) FROM dead_letter") == count
