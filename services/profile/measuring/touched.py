"""Signals within moments: customers of whom rows came in are noted with the rows, and looked at a few times a second.

The notes are rows of the same transaction as the feed's, so that none is lost; many of one customer are looked at once. Notes are
only ever added and taken, never updated: a feed does not wait for a look.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.database import Database, Session, clock_of, driver, is_away
from chassis.lasting import lasting
from services.profile.measuring.signals import detect_for

POLL_SECONDS: Final = 0.2
PAUSE_SECONDS: Final = 0.5
BATCH: Final = 2_000
"""Notes taken at once."""

_BY_ACCOUNT = "SELECT DISTINCT customer_id, $1 FROM account WHERE id = ANY($2::uuid[])"
_BY_CUSTOMER = "SELECT DISTINCT id, $1 FROM unnest($2::uuid[]) AS owner(id)"
_OWNERS: Mapping[str, str] = {
    "accounts": _BY_CUSTOMER,
    "balances": _BY_ACCOUNT,
    "transactions": _BY_ACCOUNT,
    "behaviour": _BY_CUSTOMER,
    "facts": _BY_CUSTOMER,
}
_TAKE = """
DELETE FROM touched WHERE id IN (SELECT id FROM touched ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING customer_id, source
"""


async def touch(session: Session, kind: str, owners: Sequence[bytes]) -> None:
    """Note the customers of rows that came in. `owners` are the ids of the rows' accounts (balances, transactions) or customers,
    16 bytes each; kinds that complete no signal are left alone.

    Ages and birthdays come with the day, not with a row: the nightly run finds them.
    """
    if kind in _OWNERS and owners:
        await (await driver(session)).execute(
            f"INSERT INTO touched (customer_id, source) {_OWNERS[kind]}",
            kind,
            [UUID(bytes=owner) for owner in owners],
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
