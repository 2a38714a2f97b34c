"""What the pipes keep of their own is deleted after its time, and nothing else."""

from collections.abc import AsyncIterator

import pytest

from chassis import retention
from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import new_id
from chassis.lasting import lasting
from tests.chassis import probe
from tests.support.servers import TestServers

AGES = (1, 29, 31, 59, 61)
"""Days."""


@pytest.fixture
async def database(servers: TestServers) -> AsyncIterator[Database]:
    async with probe.opened(await probe.tables(await servers.blank_database()), Clock()) as found:
        yield found


async def fill(database: Database) -> None:
    for days in reversed(AGES):
        name = f"{days}-days"
        await database.pool.execute(
            "INSERT INTO outbox (id, subject, payload, sent_at) VALUES ($1, $2, '', now() - make_interval(days => $3))",
            new_id(),
            name,
            days,
        )
        await database.pool.execute(
            "INSERT INTO inbox (event_id, received_at) VALUES ($1, now() - make_interval(days => $2))", new_id(), days
        )
        await database.pool.execute(
            "INSERT INTO idempotency (subject, key, fingerprint, status, content_type, body, created_at) "
            "VALUES ('s', $1, '', 201, '', '', now() - make_interval(days => $2))",
            name,
            days,
        )
    await database.pool.execute("INSERT INTO outbox (id, subject, payload) VALUES ($1, 'unsent', '')", new_id())


@pytest.mark.parametrize("block", [2, 5_000])
async def test_only_what_is_past_its_time_goes_and_never_what_is_unsent(database: Database, block: int) -> None:
    await fill(database)
    assert await retention.clear(database, block=block) == {"outbox": 3, "inbox": 1, "idempotency": 4}
    left = await database.pool.fetch("SELECT subject FROM outbox ORDER BY seq")
    assert [row["subject"] for row in left] == ["29-days", "1-days", "unsent"]
    assert await database.pool.fetchval("SELECT array_agg(key) FROM idempotency") == ["1-days"]
    assert await retention.clear(database, block=block) == {"outbox": 0, "inbox": 0, "idempotency": 0}


async def test_lasting_work_goes_on_after_outages_and_after_faults_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    faults = iter([OSError("away"), KeyError("a bug"), None])

    class Enough(BaseException):
        pass

    async def work() -> None:
        fault = next(faults)
        if fault is None:
            raise Enough
        raise fault

    with pytest.raises(Enough):
        await lasting("work", work, outage=lambda error: isinstance(error, OSError), pause_seconds=0)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "work interrupted"),
        ("ERROR", "work failed, it goes on"),
    ]


async def test_connections_that_postgresql_closed_are_replaced_before_they_are_used(database: Database) -> None:
    async with database.begin() as session:
        pid = (await (await session.connection()).exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
    await database.pool.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    async with database.begin() as session:
        assert (await (await session.connection()).exec_driver_sql("SELECT pg_backend_pid()")).scalar_one() != pid
