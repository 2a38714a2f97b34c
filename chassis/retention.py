"""Retention of the pipes' own rows: what was sent, seen and answered is kept for a while and then deleted.

Facts of the services are none of this: the audit log, decisions and ledgers have retention of their own.
"""

import asyncio

from chassis.database import Database, is_away
from chassis.lasting import lasting

_BLOCK = 5_000
_ROUND_SECONDS = 3_600.0
_PAUSE_SECONDS = 60.0

# Ids grow with time, so the oldest rows stand first: looking at the first block alone is enough, and never scans a table.
_STATEMENTS = {
    "outbox": """
        DELETE FROM outbox WHERE seq IN (
            SELECT seq FROM (SELECT seq, sent_at FROM outbox ORDER BY seq LIMIT $1) first
            WHERE sent_at < now() - interval '30 days')
    """,
    "inbox": """
        DELETE FROM inbox WHERE event_id IN (
            SELECT event_id FROM (SELECT event_id, received_at FROM inbox ORDER BY event_id LIMIT $1) first
            WHERE received_at < now() - interval '60 days')
    """,
    "idempotency": """
        DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM idempotency WHERE created_at < now() - interval '7 days' LIMIT $1))
    """,
}
"""Sent events stay as long as the broker's stream holds them (30 days), for that is what an emptied broker is filled
with; ids of seen events stay twice as long, so that nothing that is sent again takes effect again."""


async def clear(database: Database, *, block: int = _BLOCK) -> dict[str, int]:
    """Delete what is past its time, in blocks of rows. Returns the rows deleted by table."""
    deleted = dict.fromkeys(_STATEMENTS, 0)
    for table, statement in _STATEMENTS.items():
        while True:
            status = await database.pool.execute(statement, block)
            count = int(status.rpartition(" ")[2])
            deleted[table] += count
            if count < block:
                break
    return deleted


async def keep_clear(database: Database) -> None:
    """Clear once an hour until cancelled. Several processes may do so at once."""

    async def once() -> None:
        await clear(database)
        await asyncio.sleep(_ROUND_SECONDS)

    await lasting("retention", once, outage=is_away, pause_seconds=_PAUSE_SECONDS)
