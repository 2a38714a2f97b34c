"""Dead letters: what could not be applied, with its reason, until somebody replays or drops it."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
from nats.js.api import Header

from chassis.database import Database, Session, clock_of, driver
from chassis.inbox import Inbox
from contracts.events import NotAnEnvelope, open_envelope

log = logging.getLogger(__name__)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_BURY = """
INSERT INTO dead_letter (id, subject, payload, reason, attempts, state, failed_at) VALUES ($1, $2, $3, $4, $5, 'dead', $6)
ON CONFLICT (id) DO UPDATE
SET reason = excluded.reason, attempts = excluded.attempts, state = 'dead', failed_at = excluded.failed_at
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event or timer that was set aside. `reason` names the error and its place, never a value."""

    id: UUID
    subject: str
    reason: str
    attempts: int
    state: str
    failed_at: datetime


def reason_of(error: BaseException) -> str:
    """The error's class and the place that raised it. Its text may quote data, so it is left out."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place, trace = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}", trace.tb_next
    return f"{type(error).__name__} at {place}"


def id_of(headers: Mapping[str, str], payload: bytes) -> UUID:
    """The event's id from its headers; for a message without one, an id derived from its bytes."""
    try:
        return UUID(headers[Header.MSG_ID.value])
    except (KeyError, ValueError):
        return UUID(bytes=hashlib.sha256(payload).digest()[:16])


async def bury(session: Session, *, event_id: UUID, subject: str, payload: bytes, error: BaseException, attempts: int) -> None:
    """Set a message aside in the caller's transaction."""
    connection = await driver(session)
    await connection.execute(_BURY, event_id, subject, payload, reason_of(error), attempts, clock_of(session).now())


async def listed(connection: Connection, *, limit: int = 200) -> list[DeadLetter]:
    """The newest letters that wait for a decision, or whose decision is being carried out."""
    rows = await connection.fetch(
        "SELECT id, subject, reason, attempts, state, failed_at FROM dead_letter "
        "WHERE state IN ('dead', 'replay', 'drop') ORDER BY failed_at DESC, id LIMIT $1",
        limit,
    )
    return [DeadLetter(**dict(row)) for row in rows]


async def decide(connection: Connection, *, event_id: UUID | None, replay: bool) -> int:
    """Ask the service to replay (or drop) one letter, or all when `event_id` is None. Returns how many were found.

    The active consumer carries it out within seconds, in the order in which the letters failed.
    """
    state = "replay" if replay else "drop"
    status = await connection.execute(
        "UPDATE dead_letter SET state = $2 WHERE state = 'dead' AND ($1::uuid IS NULL OR id = $1)", event_id, state
    )
    return int(status.rpartition(" ")[2])


async def settle(database: Database, inbox: Inbox) -> None:
    """Carry out what was decided. A replay that fails is a dead letter again, with the new reason."""
    waiting = await database.pool.fetch(
        "SELECT id, subject, payload, state, attempts FROM dead_letter "
        "WHERE state IN ('replay', 'drop') ORDER BY failed_at LIMIT 100"
    )
    for row in waiting:
        try:
            async with database.begin() as session:
                await _settle_one(session, inbox, row)
        except Exception as error:  # noqa: BLE001  # whatever fails is written down again
            log.warning("dead letter failed again", extra={"event_id": str(row["id"]), "error": type(error).__name__})
            async with database.begin() as session:
                await bury(
                    session,
                    event_id=row["id"],
                    subject=row["subject"],
                    payload=row["payload"],
                    error=error,
                    attempts=row["attempts"] + 1,
                )


async def _settle_one(session: Session, inbox: Inbox, row: asyncpg.Record) -> None:
    connection = await driver(session)
    dropped = row["state"] == "drop"
    await connection.execute("UPDATE dead_letter SET state = $2 WHERE id = $1", row["id"], "dropped" if dropped else "replayed")
    if row["subject"].startswith("timer:"):
        kind, _, key = row["subject"].removeprefix("timer:").partition(":")
        if not dropped:
            await connection.execute(
                "UPDATE timer SET state = 'due', attempts = 0 WHERE kind = $1 AND key = $2 AND state = 'dead'", kind, key
            )
        return
    if dropped:
        await _drop(session, inbox, row["payload"])
    else:
        await inbox.apply(session, [open_envelope(row["payload"])])


async def _drop(session: Session, inbox: Inbox, payload: bytes) -> None:
    try:
        envelope = open_envelope(payload)
    except NotAnEnvelope:
        return
    await inbox.skip(session, envelope)
