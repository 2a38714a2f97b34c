"""Servers that stop, restart and lose their disks: nothing that was committed is lost, nothing takes effect twice."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from chassis.bus import BrokerTooOld, Bus
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.values import Scope
from tests.chassis import probe
from tests.support.apps import Running
from tests.support.servers import TestServers, servers_of_own
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

CUSTOMER = UUID(int=7)
AWAY_SECONDS = float(os.environ.get("STEWARD_AWAY_SECONDS", "0"))
"""How long the broker stays away at least; `make chaos` gives it half a minute."""
PATH = f"/v1/customers/{CUSTOMER}/notes"


@pytest.fixture
async def own() -> AsyncIterator[TestServers]:
    async with servers_of_own() as found:
        yield found


async def emitted(service: Running, count: int) -> list[str]:
    events = [probe.tier_changed(new_id(), 1) for _ in range(count)]
    async with service.database.begin() as session:
        await emit(session, *events)
    return [event.aggregate for event in events]


async def effects_are(service: Running, aggregates: list[str]) -> bool:
    found = await probe.effects(service.database.pool)
    return sorted(found) == sorted(aggregates) and all(versions == [1] for versions in found.values())


async def test_when_the_broker_loses_its_disk_the_outbox_fills_it_again_and_all_converge(own: TestServers) -> None:
    database_url = await probe.tables(await own.blank_database())
    async with probe.running(own, database_url=database_url, nats_url=own.nats_url, listening=True) as service:
        known = await emitted(service, 700)
        await service.settled()
        # Published and stored by the broker, but to be lost before this consumer's database knows of them:
        await service.database.pool.execute("TRUNCATE applied, inbox, aggregate_version, parked")
        await asyncio.to_thread(own.embedded.nats.kill)
        shutil.rmtree(own.embedded.nats.store)
        meanwhile = await emitted(service, 30)
        await asyncio.to_thread(own.embedded.nats.start)
        await eventually(lambda: effects_are(service, known + meanwhile), within=40)
        later = await emitted(service, 5)
        await eventually(lambda: effects_are(service, known + meanwhile + later))


async def test_a_broker_that_loses_its_disk_while_nobody_publishes_is_filled_again_too(own: TestServers) -> None:
    database_url = await probe.tables(await own.blank_database())
    async with probe.running(own, database_url=database_url, nats_url=own.nats_url, listening=True) as service:
        known = await emitted(service, 50)
        await service.settled()
        await service.database.pool.execute("TRUNCATE applied, inbox, aggregate_version, parked")
        await asyncio.to_thread(own.embedded.nats.kill)
        shutil.rmtree(own.embedded.nats.store)
        await asyncio.to_thread(own.embedded.nats.start)
        await eventually(lambda: effects_are(service, known), within=40)


async def test_while_the_broker_is_away_requests_are_served_and_their_events_follow(own: TestServers) -> None:
    database_url = await probe.tables(await own.blank_database())
    async with probe.running(own, database_url=database_url, nats_url=own.nats_url, listening=True) as service:
        await service.settled()
        await asyncio.to_thread(own.embedded.nats.kill)
        headers = service.headers(Scope.PROFILE_WRITE, customer=CUSTOMER)
        answers = []
        for _ in range(10):
            answers.append(await service.client.post(PATH, json={"text": "away"}, headers=headers))
            await asyncio.sleep(AWAY_SECONDS / 10)
        assert {answer.status_code for answer in answers} == {201}
        assert (await service.client.get("/health/ready")).status_code == 200
        state = (await service.client.get("/internal/status")).json()
        assert (state["broker_connected"], state["outbox_lag"]) == (False, 10)
        await asyncio.to_thread(own.embedded.nats.start)
        await service.settled(timeout_seconds=30)
        assert len(await probe.effects(service.database.pool)) == 10


async def test_when_postgresql_restarts_ready_goes_red_then_green_and_nothing_is_lost(own: TestServers) -> None:
    database_url = await probe.tables(await own.blank_database())
    async with probe.running(own, database_url=database_url, nats_url=own.nats_url, listening=True) as service:
        known = await emitted(service, 50)
        await asyncio.to_thread(own.postgres.stop)
        headers = service.headers(Scope.PROFILE_WRITE, customer=CUSTOMER)
        red = await service.client.get("/health/ready")
        assert (red.status_code, list(red.json()["reasons"])) == (503, ["postgresql"])
        refused = await service.client.post(PATH, json={"text": "down"}, headers=headers)
        assert (refused.status_code, refused.json()["rule"], refused.headers["retry-after"]) == (503, "try-again", "1")
        await asyncio.to_thread(own.postgres.start)

        async def green() -> bool:
            return (await service.client.get("/health/ready")).status_code == 200

        await eventually(green)
        known += await emitted(service, 50)
        await eventually(lambda: effects_are(service, known), within=25)


async def test_a_broker_older_than_2_12_is_refused_at_start() -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.11.9","proto":1,"headers":true,"max_payload":1048576}\r\n')
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(old, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = probe.Settings(database_url="postgresql://unused", nats_url=f"nats://127.0.0.1:{port}")
    with pytest.raises(BrokerTooOld, match=r"2\.11; 2\.12 or newer"):
        await Bus(settings).open()
    server.close()
