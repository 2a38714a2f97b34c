"""Health and state of a service: alive, ready with reasons, and how the pipes run."""

from typing import Any, TypeAlias

import asyncpg

from chassis.bus import Bus
from chassis.database import Database, is_away
from chassis.inbox import Reactions

State: TypeAlias = dict[str, Any]  # Any: a JSON object of counts and codes

GAUGES = ("outbox_lag", "consumer_lag", "parked", "dead_letters", "timers_late", "timers_dead")
"""Counts that go out as metrics."""

GAUGE_SECONDS = 15.0

_COUNTS = """
SELECT (SELECT count(*) FROM outbox) AS events_published,
       (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS outbox_lag,
       (SELECT count(*) FROM inbox) AS events_consumed,
       (SELECT count(*) FROM parked) AS parked,
       (SELECT count(*) FROM dead_letter WHERE state = 'dead') AS dead_letters,
       (SELECT count(*) FROM timer WHERE state = 'due') AS timers_due,
       (SELECT count(*) FROM timer WHERE state = 'due' AND due_at < $1) AS timers_late,
       (SELECT count(*) FROM timer WHERE state = 'dead') AS timers_dead
"""


async def readiness(database: Database) -> dict[str, str]:
    """What keeps the service from serving, as part and reason; empty when it is ready.

    A broker that is away does not: writes go on, and their events wait in the outbox.
    """
    reasons: dict[str, str] = {}
    try:
        await database.pool.fetchval("SELECT 1", timeout=2)
    except Exception as error:
        if not is_away(error) and not isinstance(error, asyncpg.PostgresError):
            raise
        reasons["postgresql"] = type(error).__name__
    return reasons


async def state(database: Database, bus: Bus, reactions: Reactions) -> State:
    """Counts of the pipes: outbox and consumer lag, parked events, dead letters, timers."""
    row = await database.pool.fetchrow(_COUNTS, database.clock.now())
    counts = dict(row) if row else {}
    return {
        "service": database.service,
        **counts,
        "broker_connected": bus.connected,
        "consumer_lag": await bus.pending() if reactions.subjects else 0,
    }
