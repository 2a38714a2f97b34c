"""The relay: unsent outbox rows become messages, in order, by one active relay for each service."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from chassis.bus import BROKER_ERRORS, Bus, Outgoing
from chassis.database import Database, is_away
from chassis.lasting import lasting
from chassis.outbox import CHANNEL
from chassis.telemetry import span

log = logging.getLogger(__name__)

BATCH = 500
"""Rows for each atomic batch."""

_LOCK = 0x0B0C_0001
_POLL_SECONDS = 1.0
_COALESCE_SECONDS = 0.002
_RETRY_SECONDS = 0.25
_LOOK_SECONDS = 3.0
_UNSENT = "SELECT seq, id, subject, payload, traceparent FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT $1"
_SENT = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def sole(database: Database, lock: int) -> AsyncIterator[Connection]:
    """A connection of its own that holds the advisory lock `lock`: whoever has it is the only one in this database.

    Waits until the lock is free; the lock goes with the connection, so a killed holder frees it.
    """
    connection = await database.connect()
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):  # noqa: ASYNC110  # the holder may be another process
            await asyncio.sleep(_POLL_SECONDS)
        yield connection
    finally:
        connection.terminate()


class Relay:
    """Publishes the outbox of one service."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._woken = asyncio.Event()
        self._notify = asyncio.Event()
        self._active = False
        database.on_emitted = self.wake

    def wake(self) -> None:
        """Say that there are new rows; cheap, and coalesced with others that say so at the same time."""
        (self._woken if self._active else self._notify).set()

    async def run(self) -> None:
        """Publish until cancelled, through every fault of the database and the broker."""
        works = (("announcer", self._announce), ("relay", self._publish))
        await asyncio.gather(*(lasting(name, work, outage=_is_outage, pause_seconds=_RETRY_SECONDS) for name, work in works))

    async def _publish(self) -> None:
        try:
            async with sole(self._database, _LOCK) as connection:
                await self._lead(connection)
        finally:
            self._active = False

    async def _lead(self, connection: Connection) -> None:
        await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
        self._active = True
        next_look = 0.0
        while True:
            self._woken.clear()
            if time.monotonic() >= next_look:  # a broker can lose its disk while nobody publishes
                await self._greet_broker(connection)
                next_look = time.monotonic() + _LOOK_SECONDS
            if await self.relay_once(connection) == BATCH:
                continue
            try:
                async with asyncio.timeout(_POLL_SECONDS):  # not wait_for, which loses a cancellation on Python 3.11
                    await self._woken.wait()
            except TimeoutError:
                if connection.is_closed():
                    raise ConnectionResetError("the relay's connection is closed") from None

    async def relay_once(self, connection: Connection) -> int:
        """Publish one batch and mark it sent. Returns how many rows it had.

        A crash between the two publishes the batch again: the broker's duplicate window and the inbox make that nothing.
        """
        rows = await connection.fetch(_UNSENT, BATCH)
        if rows:
            with span("relay", {"messages": len(rows)}):
                try:
                    await self._bus.publish([Outgoing(r["id"], r["subject"], r["payload"], r["traceparent"]) for r in rows])
                except BROKER_ERRORS:
                    await self._greet_broker(connection)
                    raise
                await connection.execute(_SENT, [row["seq"] for row in rows])
        return len(rows)

    async def _greet_broker(self, connection: Connection) -> None:
        """See that the stream is the one that the sent rows went to; a new one is filled again from the outbox."""
        created = await self._bus.ensure_stream()
        known = await connection.fetchval("SELECT created FROM broker")
        if known == created:
            return
        async with connection.transaction():
            if known is not None:
                again = await connection.execute("UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL")
                log.warning("the broker lost its stream, sending everything again", extra={"rows": again})
            await connection.execute("DELETE FROM broker")
            await connection.execute("INSERT INTO broker (stream, created) VALUES ('events', $1)", created)

    async def _announce(self) -> None:
        """Tell the active relay, wherever it runs, at most once in a few milliseconds."""
        while True:
            await self._notify.wait()
            self._notify.clear()
            await self._database.pool.execute(f"NOTIFY {CHANNEL}")  # where it fails, the poll finds the rows
            await asyncio.sleep(_COALESCE_SECONDS)


def _is_outage(error: Exception) -> bool:
    return isinstance(error, BROKER_ERRORS) or is_away(error)


async def replay(connection: Connection, *, subject: str | None = None) -> int:
    """Mark sent rows unsent, all or those of one event type, so that the relay publishes them again.

    Consumers drop what they know; whoever lacks events gets them. Returns how many rows will go out.
    """
    status = await connection.execute(
        "UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL AND ($1::text IS NULL OR subject = $1)", subject
    )
    await connection.execute(f"NOTIFY {CHANNEL}")
    return int(status.rpartition(" ")[2])
