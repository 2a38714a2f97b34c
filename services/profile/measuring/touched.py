"""Signals within moments: customers of whom rows came in are noted with the rows, and looked at a few times a second.

The notes are rows of the same transaction as the feed's, so that none is lost; many of one customer are looked at once. Notes are
only ever added and taken, never updated: a feed does not wait for a look.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from chassis.database import Database, Session, clock_of, driver, is_away
from chassis.lasting import lasting
from services.profile.measuring.signals import detect_for

POLL_SECONDS: Final = 0.2
PAUSE_SECONDS: Final = 0.5
BATCH: Final = 2_000
"""Notes taken at once."""

_BY_ACCOUNT = "JOIN account a ON a.account_no = s.account_no JOIN customer c ON c.id = a.customer_id"
_BY_NUMBER = "JOIN customer c ON c.customer_no = s.customer_no"
_JOINS: Mapping[str, str] = {
    "accounts": _BY_NUMBER,
    "balances": _BY_ACCOUNT,
    "transactions": _BY_ACCOUNT,
    "behaviour": _BY_NUMBER,
    "facts": _BY_NUMBER,
}
_TAKE = """
DELETE FROM touched WHERE id IN (SELECT id FROM touched ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING customer_id, source
"""


async def touch_staged(session: Session, kind: str) -> None:
    """Note the customers of the rows that the transaction has staged and loaded; kinds that complete no signal are left alone.

    Ages and birthdays come with the day, not with a row: the nightly run finds them.
    """
    if kind in _JOINS:
        await (await driver(session)).execute(
            f"INSERT INTO touched (customer_id, source) SELECT DISTINCT c.id, $1 FROM staged s {_JOINS[kind]}",  # noqa: S608  # joins of ours
            kind,
        )


async def look(session: Session) -> int:
    """Look at the customers noted longest ago, up to the batch, as of today. Returns how many notes were taken."""
    rows = await (await driver(session)).fetch(_TAKE, BATCH)
    by_sources: dict[frozenset[str], list[UUID]] = defaultdict(list)
    sources: dict[UUID, set[str]] = defaultdict(set)
    for row in rows:
        sources[row["customer_id"]].add(row["source"])
    for customer, kinds in sources.items():
        by_sources[frozenset(kinds)].append(customer)
    for together, customers in by_sources.items():
        await detect_for(session, customers, sources=together, as_of=clock_of(session).today())
    return len(rows)


async def look_out(database: Database) -> None:
    """Look until cancelled. Several processes may: each takes other notes. What a cancellation cuts stays noted."""

    async def poll() -> None:
        async with database.begin() as session:
            taken = await look(session)
        if taken < BATCH:
            await asyncio.sleep(POLL_SECONDS)

    await lasting("lookout", poll, outage=is_away, pause_seconds=PAUSE_SECONDS)
