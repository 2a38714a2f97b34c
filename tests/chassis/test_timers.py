"""Timers are rows: they fire once, whatever the clock does and however many loops look."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import Clock
from chassis.database import Database, Session
from chassis.inbox import Context
from chassis.timers import Timer, TimerLoop, Timers, cancel, schedule, schedule_many
from tests.chassis import probe
from tests.support.servers import TestServers


@pytest.fixture
async def database(servers: TestServers) -> AsyncIterator[Database]:
    async with probe.opened(await probe.tables(await servers.blank_database()), Clock()) as found:
        yield found


def loop_of(database: Database, timers: Timers = probe.timers) -> TimerLoop:
    return TimerLoop(database, timers, probe.context(database.clock, delivery_attempts=3))


async def fired(database: Database) -> list[str]:
    return [row["key"] for row in await database.pool.fetch("SELECT key FROM fired ORDER BY id")]


async def arm(database: Database, **due: timedelta) -> None:
    now = database.clock.now()
    async with database.begin() as session:
        await schedule_many(session, kind="probe", timers=[(key, now + after, {}) for key, after in due.items()])


async def test_a_clock_moved_by_a_month_fires_each_due_timer_once(database: Database) -> None:
    await arm(database, **{f"day-{day}": timedelta(days=day) for day in range(1, 41)})
    loop = loop_of(database)
    assert await loop.fire_due() == 0
    database.clock.advance(timedelta(days=31))
    assert await loop.fire_due() == 31
    assert await loop.fire_due() == 0
    assert sorted(await fired(database)) == sorted(f"day-{day}" for day in range(1, 32))
    database.clock.advance(timedelta(days=-31))
    assert await loop.fire_due() == 0
    database.clock.advance(timedelta(days=62))
    assert await loop.fire_due() == 9
    assert len(await fired(database)) == len(set(await fired(database))) == 40


async def test_many_loops_at_once_fire_each_timer_once(database: Database) -> None:
    await arm(database, **{f"t{number}": timedelta(0) for number in range(350)})
    while sum(await asyncio.gather(*(loop_of(database).fire_due() for _ in range(4)))):
        continue
    assert sorted(await fired(database)) == sorted(f"t{number}" for number in range(350))


async def test_a_timer_that_keeps_failing_is_set_aside_and_the_others_fire(database: Database) -> None:
    probe.State.failing_timers = {"bad"}
    await arm(database, bad=timedelta(0), good=timedelta(0))
    loop = loop_of(database)
    for _ in range(3):
        await loop.fire_due()
        database.clock.advance(timedelta(minutes=1))
    probe.State.failing_timers = set()
    assert await fired(database) == ["good"]
    row = await database.pool.fetchrow("SELECT state, attempts, reason FROM timer WHERE key = 'bad'")
    assert (row["state"], row["attempts"]) == ("dead", 3)
    assert row["reason"].startswith("RuntimeError at probe.py")
    assert await database.pool.fetchval("SELECT subject FROM dead_letter") == "timer:probe:bad"


async def test_a_cancelled_timer_does_not_fire_and_a_moved_one_fires_at_its_new_time(database: Database) -> None:
    await arm(database, cancelled=timedelta(hours=1), moved=timedelta(hours=1))
    async with database.begin() as session:
        assert await cancel(session, kind="probe", key="cancelled")
        assert not await cancel(session, kind="probe", key="cancelled")
        await schedule(session, kind="probe", key="moved", due_at=database.clock.now() + timedelta(hours=5))
    loop = loop_of(database)
    database.clock.advance(timedelta(hours=2))
    assert await loop.fire_due() == 0
    database.clock.advance(timedelta(hours=4))
    assert await loop.fire_due() == 1
    assert await fired(database) == ["moved"]


async def test_a_handler_can_arm_its_own_timer_for_the_next_round(database: Database) -> None:
    timers, rounds = Timers(), []

    @timers.on("nightly")
    async def again(session: Session, timer: Timer, context: Context) -> None:
        rounds.append(timer.due_at)
        await schedule(session, kind="nightly", key=timer.key, due_at=timer.due_at + timedelta(days=1))

    start = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.begin() as session:
        await schedule(session, kind="nightly", key="one", due_at=start)
    loop = loop_of(database, timers)
    await loop.fire_due()
    await loop.fire_due()
    assert rounds == [start, start + timedelta(days=1)]
