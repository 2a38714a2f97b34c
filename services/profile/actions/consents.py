"""Consents and refusals (PIPL art. 23, 24)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.outbox import emit
from contracts.events.profile import ConsentChanged
from contracts.values import Channel
from services.profile.actions.change import CustomerUnknown


async def set_consent(
    session: Session, *, customer_id: UUID, purpose: str, channel: Channel | None, granted: bool, now: datetime
) -> bool:
    """Note a consent or refusal for a purpose on a channel (None: on all) and emit `profile.consent.changed.v1`.

    Returns False when the customer's word is that already. Raises `CustomerUnknown`.
    """
    connection = await driver(session)
    if not await connection.fetchval("SELECT id FROM customer WHERE id = $1 FOR UPDATE", customer_id):
        raise CustomerUnknown
    code = None if channel is None else channel.value
    held = await connection.fetchrow(
        "SELECT granted FROM consent WHERE customer_id = $1 AND purpose = $2 AND channel IS NOT DISTINCT FROM $3"
        " ORDER BY version DESC LIMIT 1", customer_id, purpose, code,
    )  # fmt: skip
    if held is not None and held["granted"] == granted:
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


async def current_consents(session: Session, *, customer_id: UUID) -> list[asyncpg.Record]:
    """What holds now: the latest word for each purpose and channel."""
    return await (await driver(session)).fetch(
        "SELECT DISTINCT ON (purpose, channel) purpose, channel, granted, at FROM consent WHERE customer_id = $1"
        " ORDER BY purpose, channel, version DESC",
        customer_id,
    )
