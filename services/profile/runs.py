"""Computes everybody: measures, then signals, then the news that the feed's day can be trusted. Block by block, so that memory
stays flat and no transaction is long."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from chassis.database import Database, Session, driver
from chassis.outbox import emit
from contracts.events.profile import FeedCompleted
from contracts.values import SignalKind
from services.profile.detecting import detect
from services.profile.measuring import Block, measure, next_block

BLOCK = 2_000
FEED = "core"

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the step (measures, signals), customers done and customers in all."""


@dataclass
class RunReport:
    """What a computation did."""

    as_of: date
    customers: int = 0
    published: int = 0
    signals: Counter[SignalKind] = field(default_factory=Counter)
    seconds_measures: float = 0.0
    seconds_signals: float = 0.0


async def compute(database: Database, *, as_of: date, progress: Progress | None = None) -> RunReport:
    """Measures and signals of all customers as of the end of `as_of`, published where they are new.

    Emits `profile.measures.computed.v1` for customers whose measures changed, `profile.signal.raised.v1`, and at the end one
    `profile.feed.completed.v1`.
    """
    report = RunReport(as_of)
    async with database.begin() as session:
        total = await count_customers(session)

    async def measured(session: Session, block: Block) -> None:
        report.customers += block.customers
        report.published += await measure(session, block, as_of=as_of)

    async def detected(session: Session, block: Block) -> None:
        report.signals += await detect(session, block, as_of=as_of)

    report.seconds_measures = await _through(database, "measures", measured, total, progress)
    report.seconds_signals = await _through(database, "signals", detected, total, progress)
    async with database.begin() as session:
        await complete_feed(session, as_of=as_of, customers=report.customers)
    return report


async def _through(
    database: Database, step: str, act: Callable[[Session, Block], Awaitable[None]], total: int, progress: Progress | None
) -> float:
    started, done, after = time.monotonic(), 0, None
    while True:
        async with database.begin() as session:
            block = await next_block(session, after=after, size=BLOCK)
            if block is None:
                return time.monotonic() - started
            await act(session, block)
        after, done = block.high, done + block.customers
        if progress is not None:
            progress(step, done, total)


async def count_customers(session: Session) -> int:
    """How many customers there are."""
    return int(await (await driver(session)).fetchval("SELECT count(*) FROM customer"))


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
