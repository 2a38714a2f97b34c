"""When the nightly run is due, and whether the feed is complete enough for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

NIGHT = time(2, 30)
"""Local time of the nightly run."""


def next_night(now: datetime, *, zone: tzinfo) -> datetime:
    """The next 02:30 local time strictly after `now`, in UTC."""
    local = now.astimezone(zone)
    night = datetime.combine(local.date(), NIGHT, tzinfo=zone)
    if night <= local:
        night = datetime.combine(local.date() + timedelta(days=1), NIGHT, tzinfo=zone)
    return night.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class FeedState:
    """`day`: the last day that every feed is complete for, None before any. `ready`: it reaches the day asked for."""

    day: date | None
    ready: bool


def feed_state(days: Iterable[date], *, needed: date) -> FeedState:
    """The slowest feed decides."""
    day = min(days, default=None)
    return FeedState(day=day, ready=day is not None and day >= needed)
