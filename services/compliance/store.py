"""Every query of the audit log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from chassis.database import Session, driver
from services.compliance.models import AuditCount, AuditEntry
from services.compliance.rules import Entry, searchable

Place: TypeAlias = tuple[datetime, int]
"""Where a page ends: `occurred_at` and `position` of its last entry."""

_TABLE = "audit_entry"
COLUMNS = (
    "position",
    "event_id",
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
    "recorded_at",
    "canonical",
    "digest",
    "retain_until",
)
_LOCK_SIZE = "SELECT entries FROM audit_size FOR UPDATE"
_KNOWN = "SELECT event_id FROM audit_entry WHERE event_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for; None looks for all. Times bound `occurred_at`: `start` included, `end` not."""

    customer_id: UUID | None = None
    actor: str | None = None
    act: str | None = None
    service: str | None = None
    outcome: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def given(self) -> list[str]:
        """The names of the conditions; their values may be anybody's words and are not repeated in events."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


async def lock_size(session: Session) -> int:
    """How many entries the log has. Until the transaction ends nobody else can append."""
    connection = await driver(session)
    return int(await connection.fetchval(_LOCK_SIZE))


async def known_events(session: Session, event_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the events that have an entry. To be asked under the lock, in a statement of its own."""
    connection = await driver(session)
    return {row["event_id"] for row in await connection.fetch(_KNOWN, list(event_ids))}


async def append(session: Session, entries: Sequence[Entry]) -> None:
    """COPY the entries in. The log's trigger refuses positions that do not follow, and grows size and counts."""
    connection = await driver(session)
    await connection.copy_records_to_table(_TABLE, records=[record_of(entry) for entry in entries], columns=COLUMNS)


def record_of(entry: Entry) -> tuple[object, ...]:
    """The row of an entry, in the order of `COLUMNS`."""
    act = entry.act
    return (
        entry.position,
        act.event_id,
        act.service,
        act.act_id,
        searchable(act.actor),
        [searchable(role) for role in act.roles],
        searchable(act.act),
        act.customer_id,
        act.purpose,
        act.outcome,
        None if act.rule is None else searchable(act.rule),
        None if act.request_id is None else searchable(act.request_id),
        json.dumps({searchable(key): _detail(value) for key, value in act.details.items()}),
        act.occurred_at,
        entry.recorded_at,
        entry.canonical,
        entry.digest,
        entry.retain_until,
    )


def _detail(value: int | str) -> int | str:
    return searchable(value) if isinstance(value, str) else value


def query(search: Search, *, after: Place | None, limit: int) -> SelectOfScalar[AuditEntry]:
    """Entries by the time of their act, newest first; `after` is the end of the page before.

    Each index is (what is searched, occurred_at, position), so that a page is one stretch of one index, however large
    the log and wherever the window.
    """
    occurred_at, position = col(AuditEntry.occurred_at), col(AuditEntry.position)
    wanted = (
        (col(AuditEntry.customer_id), search.customer_id),
        (col(AuditEntry.actor), search.actor),
        (col(AuditEntry.act), search.act),
        (col(AuditEntry.service), search.service),
        (col(AuditEntry.outcome), search.outcome),
    )
    # an entry without its body has nothing to be found by, and would come first otherwise
    conditions: list[sa.ColumnElement[bool]] = [occurred_at.is_not(None)]
    conditions += [column == value for column, value in wanted if value is not None]
    if search.start is not None:
        conditions.append(occurred_at >= search.start)
    if search.end is not None:
        conditions.append(occurred_at < search.end)
    if after is not None:
        conditions.append(sa.tuple_(occurred_at, position) < sa.tuple_(*map(sa.literal, after)))
    return select(AuditEntry).where(*conditions).order_by(occurred_at.desc(), position.desc()).limit(limit)


async def find(session: Session, search: Search, *, after: Place | None, limit: int) -> Sequence[AuditEntry]:
    """One page of a search."""
    return (await session.exec(query(search, after=after, limit=limit))).all()


async def counts(session: Session) -> Sequence[AuditCount]:
    """Entries by service, act and outcome."""
    order = (col(AuditCount.service), col(AuditCount.act), col(AuditCount.outcome))
    return (await session.exec(select(AuditCount).order_by(*order))).all()
