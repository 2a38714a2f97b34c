"""An event from commit to plan, against bare commits and bare JetStream hops; and how fast a backlog drains."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import TypeAlias
from uuid import UUID

import asyncpg
import nats
from nats.js.api import StorageType, StreamConfig

from chassis.bus import Bus
from chassis.database import Database
from chassis.ids import new_id
from chassis.outbox import CHANNEL, emit
from chassis.relay import BATCH, Relay
from chassis.settings import ServiceSettings
from chassis.tables import new_metadata
from contracts.events.profile import Assets, CustomerRegistered, MeasuresComputed
from contracts.values import LifeStage, NeedType, ProductClass, RelationStage
from steward.suite import Suite
from tests.bench.load import percentile

PATIENCE_SECONDS = 120
WARM_UP = 5
"""Runs before those that count."""
_KNOWN = "SELECT count(*) FROM recipient WHERE birth_date IS NOT NULL"
_PLANNED = "SELECT count(*) FROM recipient WHERE tier IS NOT NULL"
Once: TypeAlias = Callable[[], Awaitable[float]]


def measures(customer: UUID) -> MeasuresComputed:
    """Measures of a customer that nobody has decided about: a VIP, so that a plan follows."""
    return MeasuresComputed(
        customer_id=customer,
        version=1,
        as_of=date(2026, 1, 1),
        branch="B001",
        currency="CNY",
        assets=Assets(days_30=90_000_000, days_90=90_000_000, days_180=80_000_000),
        growth_180_bp=100,
        contribution_fen=100_000,
        dealings_90=30,
        logins_90=10,
        channels_90=3,
        payroll=True,
        products=(ProductClass.DEMAND, ProductClass.WEALTH),
        need=NeedType.INVESTING,
        life_stage=LifeStage.FAMILY,
        relation_stage=RelationStage.MATURE,
        history_days=400,
        age=45,
    )


def registered(customer: UUID) -> CustomerRegistered:
    """The same customer's registration: without a birth date there would be no contact to plan."""
    return CustomerRegistered(
        customer_id=customer, version=1, branch="B001", birth_date=date(1980, 5, 17), sex="f", opened_on=date(2020, 3, 2)
    )


async def known_customers(database: Database, plans: asyncpg.Connection, count: int) -> list[UUID]:
    """New customers, registered and known to outreach."""
    before = await plans.fetchval(_KNOWN)
    customers = [new_id() for _ in range(count)]
    async with database.begin() as session:
        await emit(session, *(registered(customer) for customer in customers))
    await database.pool.execute(f"NOTIFY {CHANNEL}")
    await _reached(plans, _KNOWN, before + count)
    return customers


async def _reached(plans: asyncpg.Connection, counted: str, goal: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await plans.fetchval(counted) < goal:  # noqa: ASYNC110  # another process commits them
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def profile_of(suite: Suite) -> AsyncIterator[Database]:
    """Profile's database, to commit events where profile does."""
    database = Database(suite.databases["profile"], service="profile")
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def plans_of(suite: Suite) -> AsyncIterator[tuple[asyncpg.Connection, asyncio.Event]]:
    """Outreach's database, and an event that is set at each commit of planned contacts."""
    connection: asyncpg.Connection = await asyncpg.connect(suite.databases["outreach"])
    told = asyncio.Event()
    await connection.execute(
        "CREATE OR REPLACE FUNCTION bench_told() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('bench', ''); RETURN NULL; END $$"
    )
    await connection.execute(
        "CREATE OR REPLACE TRIGGER bench AFTER INSERT ON contact FOR EACH STATEMENT EXECUTE FUNCTION bench_told()"
    )
    await connection.add_listener("bench", lambda *_: told.set())
    try:
        yield connection, told
    finally:
        await connection.execute("DROP TRIGGER bench ON contact")
        await connection.close()


async def through_the_suite(database: Database, told: asyncio.Event, customer: UUID) -> float:
    """Seconds from the start of profile's commit to the commit of the plan with its contacts."""
    told.clear()
    begun = time.perf_counter()
    async with database.begin() as session:
        await emit(session, measures(customer))
    await database.pool.execute(f"NOTIFY {CHANNEL}")
    await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
    return time.perf_counter() - begun


class BareHops:
    """Three commits and two JetStream hops, with nothing between them."""

    def __init__(self, connection: asyncpg.Connection, client: nats.NATS) -> None:
        self._connection = connection
        self._client = client
        self._stream = client.jetstream()
        self._done = asyncio.Event()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, url: str, nats_url: str) -> AsyncIterator["BareHops"]:
        """With a table and a stream of its own."""
        connection: asyncpg.Connection = await asyncpg.connect(url)
        client = await nats.connect(nats_url)
        bare = cls(connection, client)
        await connection.execute("CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, body bytea)")
        await bare._stream.add_stream(StreamConfig(name="BENCH", subjects=["bench.>"], storage=StorageType.FILE))
        await bare._stream.subscribe("bench.first", cb=bare._first)
        await bare._stream.subscribe("bench.second", cb=bare._second)
        try:
            yield bare
        finally:
            await bare._stream.delete_stream("BENCH")
            await client.close()
            await connection.execute("DROP TABLE bench_row")
            await connection.close()

    async def _commit(self) -> None:
        async with self._connection.transaction():
            await self._connection.execute("INSERT INTO bench_row (body) VALUES ($1)", b"x" * 400)

    async def _first(self, message: nats.aio.msg.Msg) -> None:
        await self._commit()
        await self._stream.publish("bench.second", b"x" * 400)
        await message.ack()

    async def _second(self, message: nats.aio.msg.Msg) -> None:
        await self._commit()
        self._done.set()
        await message.ack()

    async def once(self) -> float:
        """Seconds of one run."""
        self._done.clear()
        begun = time.perf_counter()
        await self._commit()
        await self._stream.publish("bench.first", b"x" * 400)
        await asyncio.wait_for(self._done.wait(), PATIENCE_SECONDS)
        return time.perf_counter() - begun


async def latencies(
    first: Callable[[], Awaitable[float]], second: Callable[[], Awaitable[float]], count: int
) -> list[list[float]]:
    """Both in turn, so that a slow moment of the machine meets both; milliseconds."""
    found: list[list[float]] = [[], []]
    for number in range(count + WARM_UP):
        for run, results in zip((first, second), found, strict=True):
            seconds = await run()
            if number >= WARM_UP:
                results.append(1000 * seconds)
    return found


def p50_and_p99(values: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    return statistics.median(values), percentile(values, 99)


async def drain_the_suite(database: Database, connection: asyncpg.Connection, count: int) -> float:
    """Events a second from one commit of `count` events to the last plan."""
    customers = await known_customers(database, connection, count)
    before = await connection.fetchval(_PLANNED)
    async with database.begin() as session:
        await emit(session, *(measures(customer) for customer in customers))
    begun = time.perf_counter()
    await database.pool.execute(f"NOTIFY {CHANNEL}")
    await _reached(connection, _PLANNED, before + count)
    return count / (time.perf_counter() - begun)


class _BareSettings(ServiceSettings):
    name = "bench"


async def relay_alone(url: str, nats_url: str, count: int) -> float:
    """Events a second of the relay by itself, over the same kind of events, on a stream that nobody listens to."""
    database = Database(url, service="profile")
    await database.open()
    async with database.engine.begin() as setup:
        await setup.run_sync(new_metadata().create_all)
    bus = Bus(_BareSettings(database_url=url, nats_url=nats_url, stream="RELAY", subject_prefix="relay."))
    await bus.open()
    connection = await database.connect()
    try:
        async with database.begin() as session:
            await emit(session, *[measures(new_id()) for _ in range(count)])
        relay = Relay(database, bus)
        await bus.ensure_stream()
        begun = time.perf_counter()
        while await relay.relay_once(connection) == BATCH:
            pass
        return count / (time.perf_counter() - begun)
    finally:
        await bus.client.jetstream().delete_stream("RELAY")
        connection.terminate()
        await bus.close()
        await database.close()
