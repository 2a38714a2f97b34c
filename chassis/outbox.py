"""The transactional outbox: events are rows of the transaction that made them true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Session, clock_of, driver
from chassis.ids import new_id
from chassis.telemetry import current_traceparent
from contracts.events import Event, seal

CHANNEL = "outbox"
"""NOTIFY channel that wakes the relay."""

_BLOCK = 5_000

_INSERT = """
INSERT INTO outbox (id, subject, payload, traceparent, created_at)
SELECT id, subject, payload, $4, $5
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS e(id, subject, payload, place)
ORDER BY place
"""


@dataclass(frozen=True)
class Sealed:
    """Events as the outbox holds them, in order."""

    ids: list[UUID]
    subjects: list[str]
    payloads: list[bytes]


def sealed(events: Sequence[Event], *, now: datetime) -> Sealed:
    """Events made ready to emit; processor work only, which a bulk load does in a thread."""
    ids = [new_id() for _ in events]
    payloads = [seal(event, event_id=event_id, time=now) for event, event_id in zip(events, ids, strict=True)]
    return Sealed(ids, [event.type for event in events], payloads)


async def emit(session: Session, *events: Event) -> None:
    """Write `events` to the outbox in the caller's transaction, in order, one statement for each 5,000.

    Emit while the aggregate's row is locked, so that rows of one aggregate stand in the order of its versions.
    """
    if events:
        await emit_sealed(session, sealed(events, now=clock_of(session).now()))


async def emit_sealed(session: Session, events: Sealed) -> None:
    """`emit` for events that were made ready before."""
    if not events.ids:
        return
    connection = await driver(session)
    now = clock_of(session).now()
    for start in range(0, len(events.ids), _BLOCK):
        block = slice(start, start + _BLOCK)
        await connection.execute(
            _INSERT, events.ids[block], events.subjects[block], events.payloads[block], current_traceparent(), now
        )
    session.info["emitted"] = True
