"""Comparing the rows of the log with their canonical bytes, a stretch at a time.

What is answered are positions and names of columns, nothing of an entry, so that the look itself is no entry.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from chassis.database import Database
from services.compliance.audit_tree.rules.rows import Row, differing
from services.compliance.audit_tree.schemas import ChecksOut, DifferenceOut
from services.compliance.retention.policy import retention
from services.compliance.store import COLUMNS

ROWS = 20_000
_BLOCK = 1_000
_NAMED = 100
_READ = f"SELECT {', '.join(COLUMNS)} FROM audit_entry WHERE position >= $1 ORDER BY position LIMIT $2"  # noqa: S608  # our names


async def check(database: Database, *, first: int, now: datetime) -> ChecksOut:
    """Compare up to 20,000 rows from position `first` on."""
    checked = pruned = 0
    found: list[DifferenceOut] = []
    position: int | None = first
    while position is not None and checked < ROWS:
        rows = await database.pool.fetch(_READ, position, _BLOCK)
        found += await asyncio.to_thread(_differences, [dict(row) for row in rows], now)
        checked += len(rows)
        pruned += sum(row["canonical"] is None for row in rows)
        position = rows[-1]["position"] + 1 if len(rows) == _BLOCK else None
    return ChecksOut(checked=checked, pruned=pruned, differing=found[:_NAMED], found=len(found), next=position)


def _differences(rows: Sequence[Row], now: datetime) -> list[DifferenceOut]:
    compared = ((row["position"], differing(row, retention=retention(), now=now)) for row in rows)
    return [DifferenceOut(position=position, columns=columns) for position, columns in compared if columns]
