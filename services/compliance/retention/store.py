"""Queries of the retention: whose time is over, and taking their bodies away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Session, driver

BODY = (
    "service",
    "act_id",
    "actor",
    "roles",
    "act",
    "customer_id",
    "purpose",
    "outcome",
    "rule",
    "request_id",
    "details",
    "occurred_at",
    "canonical",
)
"""What an entry loses: its bytes and everything that a search reads. Place, event id, times of the log and leaf hash stay."""

# The database's own clock decides; a service whose clock was moved ahead does not shorten anything.
_OVER = """
SELECT position, act, recorded_at FROM audit_entry
WHERE position >= $1 AND canonical IS NOT NULL AND retain_until <= least($2, now()) ORDER BY position LIMIT $3
"""
_REMOVE = f"""
UPDATE audit_entry SET {", ".join(f"{column} = NULL" for column in BODY)}
WHERE position = ANY($1::bigint[]) AND canonical IS NOT NULL
"""  # noqa: S608  # names from above
_PRUNED = "SELECT count(*) FROM audit_entry WHERE canonical IS NULL AND position < $1"


@dataclass(frozen=True, slots=True)
class Over:
    """An entry whose stored retention is over."""

    position: int
    act: str
    recorded_at: datetime


async def over(session: Session, *, first: int, now: datetime, limit: int) -> list[Over]:
    """Up to `limit` whole entries from position `first` on whose retention is over."""
    rows = await (await driver(session)).fetch(_OVER, first, now, limit)
    return [Over(row["position"], row["act"], row["recorded_at"]) for row in rows]


async def remove_bodies(session: Session, positions: Sequence[int]) -> int:
    """Take the bodies away; how many there were. The database refuses one whose retention is not over."""
    status = await (await driver(session)).execute(_REMOVE, list(positions))
    return int(status.removeprefix("UPDATE "))


async def count_pruned(session: Session, size: int) -> int:
    """How many of the first `size` entries have no body any more."""
    return int(await (await driver(session)).fetchval(_PRUNED, size))
