"""Consents and refusals (PIPL art. 23, 24)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.outbox import emit
from contracts.events.profile import ConsentChanged
from contracts.values import Channel, ConsentPurpose
from services.profile.actions.change import CustomerUnknown


async def set_consent(
    session: Session, *, customer_id: UUID, purpose: ConsentPurpose, channel: Channel | None, granted: bool, now: datetime
) -> bool:
    """Note a consent or refusal for a purpose on a channel (None: on all) and emit `profile.consent.changed.v1`.

    Returns False when the customer's word is that already. Raises `CustomerUnknown`.
    """
    connection = await driver(session)
    if not await connection.fetchval("SELECT id FROM customer WHERE id = $1 FOR UPDATE", customer_id):
        raise CustomerUnknown
    code = None if channel is None else channel.value
    if changes_nothing([row for row in await _current(connection, customer_id) if row["purpose"] == purpose], code, granted):
        return False
    version = await connection.fetchval(
        "INSERT INTO consent (customer_id, version, purpose, channel, granted, at)"
        " SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM consent WHERE customer_id = $1 RETURNING version",
        customer_id, purpose, code, granted, now,
    )  # fmt: skip
    await emit(
        session,
        ConsentChanged(customer_id=customer_id, version=version, purpose=purpose, channel=channel, granted=granted, at=now),
    )
    return True


def changes_nothing(held: Sequence[asyncpg.Record], channel: str | None, granted: bool) -> bool:
    """Whether a word says what holds already: on a channel by its own word or by the word on all; on all channels when
    that was said and no single channel holds otherwise."""
    words = {row["channel"]: row["granted"] for row in held}
    if channel is None:
        return None in words and set(words.values()) == {granted}
    return words.get(channel, words.get(None)) == granted


async def current_consents(session: Session, *, customer_id: UUID) -> list[asyncpg.Record]:
    """What holds now: for each purpose the latest word on all channels, and later words on single ones."""
    return await _current(await driver(session), customer_id)


async def _current(connection: "asyncpg.Connection[asyncpg.Record]", customer_id: UUID) -> list[asyncpg.Record]:
    return await connection.fetch(
        "SELECT DISTINCT ON (c.purpose, c.channel) c.purpose, c.channel, c.granted, c.at FROM consent c"
        " WHERE c.customer_id = $1 AND NOT EXISTS (SELECT FROM consent later WHERE later.customer_id = c.customer_id"
        " AND later.purpose = c.purpose AND later.channel IS NULL AND later.version > c.version)"
        " ORDER BY c.purpose, c.channel NULLS FIRST, c.version DESC",
        customer_id,
    )
