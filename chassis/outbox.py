"""The transactional outbox: events are rows of the transaction that made them true."""

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


async def emit(session: Session, *events: Event) -> None:
    """Write `events` to the outbox in the caller's transaction, in order, one statement for each 5,000.

    Emit while the aggregate's row is locked, so that rows of one aggregate stand in the order of its versions.
    """
    if not events:
        return
    connection = await driver(session)
    now = clock_of(session).now()
    for start in range(0, len(events), _BLOCK):
        block = events[start : start + _BLOCK]
        ids = [new_id() for _ in block]
        payloads = [seal(event, event_id=event_id, time=now) for event, event_id in zip(block, ids, strict=True)]
        subjects = [event.type for event in block]
        await connection.execute(_INSERT, ids, subjects, payloads, current_traceparent(), now)
    session.info["emitted"] = True
