"""Computes everybody: measures, then signals, then the news that the feed's day can be trusted. Block by block, so that memory
stays flat and no transaction is long. A run is a row: what it did can be read later, and a run by timer survives restarts."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from chassis.database import Database, Session, clock_of, driver
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import schedule
from contracts.events.profile import FeedCompleted
from contracts.values import SignalKind
from services.profile.measuring.measures import FEED, Block, measure, next_block
from services.profile.measuring.signals import detect
from services.profile.measuring.watermark import watermark

BLOCK = 2_000
STEP = "profile.run"
"""Kind of the timer that takes a run one block further."""
MEASURES, SIGNALS = "measures", "signals"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with customers done and customers in all; each customer counts twice, once for measures and once for signals."""


@dataclass
class RunReport:
    """What a computation did."""

    as_of: date
    customers: int = 0
    published: int = 0
    signals: Counter[SignalKind] = field(default_factory=Counter)
    seconds_measures: float = 0.0
    seconds_signals: float = 0.0


async def compute(database: Database, *, as_of: date, now: datetime | None = None, progress: Progress | None = None) -> RunReport:
    """Measures and signals of all customers as of the end of `as_of`, published where they are new.

    Emits `profile.measures.computed.v1` for customers whose measures changed, `profile.signal.raised.v1`, and at the end one
    `profile.feed.completed.v1`. `now` is the clock's time where it is not given.
    """
    report = RunReport(as_of)
    async with database.begin() as session:
        run_id = await begin_run(session, as_of=as_of, now=now or database.clock.now())
        total = await (await driver(session)).fetchval("SELECT count(*) FROM customer")
    phase, after, done, started = MEASURES, None, 0, time.monotonic()
    while True:
        async with database.begin() as session:
            step = await advance(session, run_id=run_id, as_of=as_of, phase=phase, after=after)
        if step.block is not None:
            done += step.block.customers
            report.published += step.published
            report.signals += step.signals
            if progress is not None:
                progress(done, 2 * total)
        elif phase == MEASURES:
            report.seconds_measures, report.customers = time.monotonic() - started, done
            started = time.monotonic()
        else:
            report.seconds_signals = time.monotonic() - started
            return report
        phase, after = step.next_phase, step.block.high if step.block else None


@dataclass(frozen=True)
class Step:
    """One block done, or the end of a phase where `block` is None."""

    block: Block | None
    next_phase: str
    published: int = 0
    signals: Counter[SignalKind] = field(default_factory=Counter)


async def begin_run(session: Session, *, as_of: date, now: datetime, waiting: bool = False) -> UUID:
    """A row for a run that begins, or that waits for the feed."""
    run_id = new_id()
    await (await driver(session)).execute(
        "INSERT INTO run (id, as_of, state, customers, published, signals, started_at) VALUES ($1, $2, $3, 0, 0, 0, $4)",
        run_id,
        as_of,
        "waiting" if waiting else "running",
        now,
    )
    return run_id


async def advance(session: Session, *, run_id: UUID, as_of: date, phase: str, after: UUID | None) -> Step:
    """The next block of a phase, in the caller's transaction; at the end of the last phase the run is done and published."""
    connection = await driver(session)
    block = await next_block(session, after=after, size=BLOCK)
    if block is None and phase == MEASURES:
        return Step(None, SIGNALS)
    if block is None:
        await _finish(session, run_id=run_id, as_of=as_of)
        return Step(None, phase)
    if phase == MEASURES:
        published = await measure(session, block, as_of=as_of)
        await connection.execute(
            "UPDATE run SET customers = customers + $2, published = published + $3 WHERE id = $1",
            run_id,
            block.customers,
            published,
        )
        return Step(block, phase, published)
    raised = await detect(session, block, as_of=as_of)
    await connection.execute("UPDATE run SET signals = signals + $2 WHERE id = $1", run_id, raised.total())
    return Step(block, phase, signals=raised)


async def _finish(session: Session, *, run_id: UUID, as_of: date) -> None:
    customers = await (await driver(session)).fetchval(
        "UPDATE run SET state = 'done', finished_at = $2 WHERE id = $1 RETURNING customers", run_id, clock_of(session).now()
    )
    await complete_feed(session, as_of=as_of, customers=customers)


async def start_run(session: Session, *, as_of: date, now: datetime, wait_for_feed: bool = False) -> UUID:
    """A run whose blocks are taken one by one by a durable timer. One that waits begins when the watermark reaches its day."""
    run_id = await begin_run(session, as_of=as_of, now=now, waiting=wait_for_feed)
    await schedule_step(session, run_id=run_id, as_of=as_of, phase=MEASURES, after=None, now=now)
    return run_id


async def schedule_step(session: Session, *, run_id: UUID, as_of: date, phase: str, after: UUID | None, now: datetime) -> None:
    """Arm the timer of a run for its next block."""
    payload = {"as_of": as_of.isoformat(), "phase": phase, "after": None if after is None else str(after)}
    await schedule(session, kind=STEP, key=str(run_id), due_at=now, payload=payload)


async def may_begin(session: Session, *, run_id: UUID, as_of: date) -> bool:
    """Whether the run need not wait, or no longer; it is running then."""
    connection = await driver(session)
    if await connection.fetchval("SELECT state FROM run WHERE id = $1", run_id) != "waiting":
        return True
    complete_to = await watermark(session)
    if complete_to is None or complete_to < as_of:
        return False
    await connection.execute("UPDATE run SET state = 'running' WHERE id = $1", run_id)
    return True


async def find_run(session: Session, run_id: UUID) -> asyncpg.Record | None:
    """A run's row."""
    return await (await driver(session)).fetchrow("SELECT * FROM run WHERE id = $1", run_id)


async def recompute(session: Session, *, customer_id: UUID, as_of: date) -> None:
    """Measures and signals of one customer, in the caller's transaction."""
    block = Block(customer_id, customer_id, 1)
    await measure(session, block, as_of=as_of)
    await detect(session, block, as_of=as_of)


async def complete_feed(session: Session, *, as_of: date, customers: int) -> None:
    """Publish that `as_of` is complete. A day before the last one published says nothing new."""
    row = await (await driver(session)).fetchrow(
        "INSERT INTO feed AS f (feed, version, day) VALUES ($1, 1, $2)"
        " ON CONFLICT (feed) DO UPDATE SET version = f.version + 1, day = EXCLUDED.day WHERE f.day <= EXCLUDED.day"
        " RETURNING version",
        FEED,
        as_of,
    )
    if row is not None:
        await emit(session, FeedCompleted(feed=FEED, version=row["version"], day=as_of, customers=customers))
