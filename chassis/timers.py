"""Durable timers: rows that are due, fire once, and survive restarts and clock jumps."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import orjson

from chassis import dead_letters
from chassis.database import Database, Session, driver, is_away
from chassis.ids import new_id
from chassis.inbox import Context
from chassis.lasting import lasting

log = logging.getLogger(__name__)

_BATCH = 100
_POLL_SECONDS = 1.0
_PAUSE_SECONDS = 0.5

_SCHEDULE = """
INSERT INTO timer (kind, key, due_at, payload) SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[])
ON CONFLICT (kind, key) DO UPDATE
SET due_at = excluded.due_at, payload = excluded.payload, state = 'due', attempts = 0, reason = NULL, fired_at = NULL
"""
_CLAIM = """
SELECT kind, key, due_at, payload::text AS payload, attempts FROM timer
WHERE state = 'due' AND due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that is due. `payload` is JSON: ids, codes and numbers."""

    kind: str
    key: str
    due_at: datetime
    payload: dict[str, Any]  # Any: JSON values, read by the handler that wrote them
    attempts: int = 0


Handler: TypeAlias = Callable[[Session, Timer, Context], Awaitable[None]]


class Timers:
    """Which function answers to which kind of timer."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}

    def on(self, kind: str) -> Callable[[Handler], Handler]:
        """Declare the decorated function as the handler of `kind`."""

        def declare(handler: Handler) -> Handler:
            if kind in self.handlers:
                raise ValueError(f"{kind} has a handler already")
            self.handlers[kind] = handler
            return handler

        return declare


async def schedule(
    session: Session, *, kind: str, key: str, due_at: datetime, payload: Mapping[str, object] | None = None
) -> None:
    """Set the timer `(kind, key)` in the caller's transaction; one that exists is moved and armed again."""
    await schedule_many(session, kind=kind, timers=[(key, due_at, payload or {})])


async def schedule_many(session: Session, *, kind: str, timers: list[tuple[str, datetime, Mapping[str, object]]]) -> None:
    """Set many timers of one kind, as `(key, due_at, payload)`, in one statement."""
    if not timers:
        return
    connection = await driver(session)
    payloads = [orjson.dumps(dict(payload)).decode() for _, _, payload in timers]
    await connection.execute(_SCHEDULE, kind, [key for key, _, _ in timers], [due for _, due, _ in timers], payloads)


async def cancel(session: Session, *, kind: str, key: str) -> bool:
    """Take a timer back in the caller's transaction. Returns whether it was still due."""
    connection = await driver(session)
    status = await connection.execute(
        "UPDATE timer SET state = 'cancelled' WHERE kind = $1 AND key = $2 AND state = 'due'", kind, key
    )
    return status != "UPDATE 0"


class TimerLoop:
    """Fires the due timers of one service. Several processes may run it: claims skip what another holds."""

    def __init__(self, database: Database, timers: Timers, context: Context) -> None:
        self._database = database
        self._handlers = timers.handlers
        self._context = context

    async def run(self) -> None:
        """Fire until cancelled, through every fault of the database."""
        await lasting("timers", self._poll, outage=is_away, pause_seconds=_PAUSE_SECONDS)

    async def _poll(self) -> None:
        if await self.fire_due() < _BATCH:
            await asyncio.sleep(_POLL_SECONDS)

    async def fire_due(self) -> int:
        """Fire up to 100 due timers, each in a savepoint of one transaction. Returns how many were claimed."""
        async with self._database.begin() as session:
            connection = await driver(session)
            rows = await connection.fetch(_CLAIM, self._context.now, _BATCH)
            for row in rows:
                payload = orjson.loads(row["payload"])
                await self._fire(session, Timer(row["kind"], row["key"], row["due_at"], payload, row["attempts"]))
            return len(rows)

    async def _fire(self, session: Session, timer: Timer) -> None:
        connection = await driver(session)
        try:
            async with session.begin_nested():
                # Marked before the handler runs, so that a handler can arm the same timer for its next round.
                await connection.execute(
                    "UPDATE timer SET state = 'fired', fired_at = $3 WHERE kind = $1 AND key = $2",
                    timer.kind,
                    timer.key,
                    self._context.now,
                )
                await self._handlers[timer.kind](session, timer, self._context)
        except Exception as error:
            if is_away(error):
                raise
            await self._retry(session, timer, error)

    async def _retry(self, session: Session, timer: Timer, error: Exception) -> None:
        settings = self._context.settings
        attempts = timer.attempts + 1
        dead = attempts >= settings.delivery_attempts
        log.warning("timer failed", extra={"kind": timer.kind, "attempt": attempts, "error": type(error).__name__})
        connection = await driver(session)
        await connection.execute(
            "UPDATE timer SET state = $3, attempts = $4, reason = $5, due_at = $6 WHERE kind = $1 AND key = $2",
            timer.kind,
            timer.key,
            "dead" if dead else "due",
            attempts,
            dead_letters.reason_of(error),
            timer.due_at if dead else self._context.now + timedelta(seconds=settings.retry_seconds * 2**attempts),
        )
        if dead:
            await dead_letters.bury(
                session,
                event_id=new_id(),
                subject=f"timer:{timer.kind}:{timer.key}",
                payload=orjson.dumps(timer.payload),
                error=error,
                attempts=attempts,
            )
