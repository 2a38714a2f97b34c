"""The load watermark: up to which day everything of the core bank's feed is in. Runs that wait for it go on when it is told."""

from datetime import date, datetime, timedelta

from chassis.database import Session, driver
from services.profile.measuring.measures import FEED

LOOK_AGAIN = timedelta(minutes=5)
"""A run that waits looks again after this even when nobody wakes it."""


async def tell_watermark(session: Session, *, day: date, now: datetime) -> date:
    """Everything up to and including `day` is in. A day before the one told last changes nothing. Returns the day that holds."""
    connection = await driver(session)
    held: date = await connection.fetchval(
        "INSERT INTO watermark AS w (feed, day, told_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (feed) DO UPDATE SET day = greatest(w.day, EXCLUDED.day), told_at = EXCLUDED.told_at RETURNING day",
        FEED,
        day,
        now,
    )
    await connection.execute(
        "UPDATE timer t SET due_at = $2 FROM run r"
        " WHERE r.state = 'waiting' AND r.as_of <= $1 AND t.kind = 'profile.run' AND t.key = r.id::text AND t.state = 'due'",
        held,
        now,
    )
    return held


async def watermark(session: Session) -> date | None:
    """The day up to which the feed is complete; None where nobody said."""
    day: date | None = await (await driver(session)).fetchval("SELECT day FROM watermark WHERE feed = $1", FEED)
    return day
