"""A relay killed at every point of a publish loses nothing and doubles nothing."""

import asyncio
import sys

import pytest

from tests.chassis import dying_relay, probe
from tests.support.servers import TestServers
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

ROUNDS = 48
"""Deaths: at every message of two batches and in the gap behind each, several times over."""


async def test_a_relay_killed_at_48_points_of_its_publishing_loses_nothing_and_doubles_nothing(servers: TestServers) -> None:
    database_url, nats_url = await probe.tables(await servers.blank_database()), servers.fresh_nats_url()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chassis.dying_relay", database_url, nats_url, str(ROUNDS), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().splitlines() == [f"{number} killed" for number in range(1, ROUNDS + 1)]

    expected = {str(aggregate): list(range(1, 2 * ROUNDS + 1)) for aggregate in dying_relay.AGGREGATES}
    async with probe.running(servers, database_url=database_url, nats_url=nats_url) as survivor:

        async def complete() -> bool:
            found = await probe.effects(survivor.database.pool)
            return sum(map(len, found.values())) >= ROUNDS * dying_relay.EVENTS_A_ROUND

        await eventually(complete)
        await survivor.settled()
        assert await probe.effects(survivor.database.pool) == expected
        assert await survivor.database.pool.fetchval("SELECT count(*) FROM dead_letter") == 0
