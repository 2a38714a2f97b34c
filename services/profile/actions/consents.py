"""Consents and refusals (PIPL art. 23, 24, 29)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from chassis.outbox import emit
from contracts.events.profile import ConsentChanged
from contracts.values import Channel, ConsentPurpose
from services.profile.rules.consents import Word
from services.profile.rules.standing import CustomerRestricted, CustomerUnknown


async def set_consent(session: Session, *, customer_id: UUID, word: Word, now: datetime) -> bool:
    """Note a checked word and emit `profile.consent.changed.v1`, by which every service knows it within seconds.

    Returns False when the customer's word is that already. Raises `CustomerUnknown`, and `CustomerRestricted` for a consent of
    somebody who asked to be forgotten.
    """
    connection = await driver(session)
    row = await connection.fetchrow("SELECT restricted_until FROM customer WHERE id = $1 FOR UPDATE", customer_id)
    if row is None:
        raise CustomerUnknown
    if word.granted and row["restricted_until"] is not None:
        raise CustomerRestricted(field="granted")
    code = None if word.channel is None else word.channel.value
    held = [row for row in await _current(connection, customer_id) if row["purpose"] == word.purpose]
    if changes_nothing(held, code, word.granted):
        return False
    version = await connection.fetchval(
        "INSERT INTO consent (customer_id, version, purpose, channel, granted, at, source, evidence, separate)"
        " SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM consent WHERE customer_id = $1"
        " RETURNING version",
        customer_id, word.purpose, code, word.granted, now, word.source, word.evidence, word.separate,
    )  # fmt: skip
    said = ConsentChanged(
        customer_id=customer_id, version=version, purpose=word.purpose, channel=word.channel, granted=word.granted, at=now
    )
    await emit(session, said)
    return True


async def stop(session: Session, *, customer_id: UUID, purposes: Iterable[ConsentPurpose], source: str, now: datetime) -> None:
    """Refuse purposes on all channels for a customer, by the law or by a merge instead of by word."""
    for purpose in purposes:
        await set_consent(session, customer_id=customer_id, word=Word(purpose, None, granted=False, source=source), now=now)


async def carry_refusals(session: Session, *, from_id: UUID, to_id: UUID, now: datetime) -> None:
    """Whatever was refused under one id is refused under the other as well: a stop is never lost."""
    for row in await current_consents(session, customer_id=from_id):
        if not row["granted"]:
            channel = None if row["channel"] is None else Channel(row["channel"])
            word = Word(ConsentPurpose(row["purpose"]), channel, granted=False, source="merge")
            await set_consent(session, customer_id=to_id, word=word, now=now)


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
        "SELECT DISTINCT ON (c.purpose, c.channel) c.purpose, c.channel, c.granted, c.at, c.source, c.evidence, c.separate"
        " FROM consent c"
        " WHERE c.customer_id = $1 AND NOT EXISTS (SELECT FROM consent later WHERE later.customer_id = c.customer_id"
        " AND later.purpose = c.purpose AND later.channel IS NULL AND later.version > c.version)"
        " ORDER BY c.purpose, c.channel NULLS FIRST, c.version DESC",
        customer_id,
    )


async def all_consents(session: Session, *, customer_id: UUID, limit: int) -> list[asyncpg.Record]:
    """Every word in the record, newest first; also those under the ids of records that went into this one."""
    return await (await driver(session)).fetch(
        "SELECT customer_id, purpose, channel, granted, at, source, evidence, separate FROM consent"
        " WHERE customer_id IN (SELECT $1 UNION SELECT id FROM customer WHERE merged_into = $1)"
        " ORDER BY at DESC, version DESC LIMIT $2",
        customer_id,
        limit,
    )
