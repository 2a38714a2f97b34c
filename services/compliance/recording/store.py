"""Every query of recordings. A recording is read whole: its row, and its steps in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import ProductClass
from services.compliance.recording.rules import RecordingFacts
from services.compliance.recording.rules.retention import Notice, NoticeKind
from services.compliance.recording.rules.states import Step, StepKind, applied

MOST = 50
"""Recordings of one customer that a list shows."""

_COLUMNS = """recording_id, customer_id, sale_no, attempt, product_code, product_class, term_months, seller, script_version,
keep_years, dispute_years, opened_at, opened_by"""
_STEPS = "SELECT * FROM recording_step WHERE recording_id = ANY($1::uuid[]) ORDER BY recording_id, number"


@dataclass(frozen=True, slots=True)
class Opened:
    """What was said when a recording was opened; it never changes."""

    recording_id: UUID
    customer_id: UUID
    sale_no: str
    attempt: int
    product_code: str
    product_class: ProductClass
    term_months: int | None
    seller: str
    script_version: int
    keep_years: int
    dispute_years: int
    opened_at: datetime
    opened_by: str

    def facts(self, steps: Sequence[Step] = ()) -> RecordingFacts:
        """How the recording stands after `steps`."""
        begun = RecordingFacts(
            recording_id=self.recording_id,
            customer_id=self.customer_id,
            sale_no=self.sale_no,
            product_code=self.product_code,
            script_version=self.script_version,
            opened_at=self.opened_at,
            actors=frozenset({self.seller, self.opened_by}),
            attempt=self.attempt,
        )
        return reduce(applied, steps, begun)


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording as it is kept: what was opened, its steps, and how it stands."""

    opened: Opened
    steps: tuple[Step, ...]
    facts: RecordingFacts


async def recording_of(session: Session, customer_id: UUID, sale_no: str) -> RecordingFacts | None:
    """How the latest recording for a sale stands; None where nobody began one."""
    found = await _read(session, "WHERE customer_id = $1 AND sale_no = $2 ORDER BY attempt DESC LIMIT 1", customer_id, sale_no)
    return found[0].facts if found else None


async def find(session: Session, customer_id: UUID, recording_id: UUID, *, lock: bool = False) -> Kept | None:
    """One recording of a customer; with `lock` nobody else takes a step until the transaction ends."""
    tail = " FOR UPDATE" if lock else ""
    found = await _read(session, "WHERE customer_id = $1 AND recording_id = $2" + tail, customer_id, recording_id)
    return found[0] if found else None


async def recordings(session: Session, customer_id: UUID, sale_no: str | None) -> list[Kept]:
    """The latest 50 recordings of a customer, newest first; of one sale if given."""
    condition = "WHERE customer_id = $1 AND ($2::text IS NULL OR sale_no = $2) ORDER BY opened_at DESC, attempt DESC LIMIT $3"
    return await _read(session, condition, customer_id, sale_no, MOST)


async def lock_sale(session: Session, customer_id: UUID, sale_no: str) -> None:
    """Let nobody else open a recording of this sale until the transaction ends."""
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"recording {customer_id} {sale_no}")


async def add(session: Session, opened: Opened) -> None:
    """Open a recording."""
    connection = await driver(session)
    await connection.execute(
        f"INSERT INTO recording ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",  # noqa: S608  # names only
        opened.recording_id,
        opened.customer_id,
        opened.sale_no,
        opened.attempt,
        opened.product_code,
        opened.product_class,
        opened.term_months,
        opened.seller,
        opened.script_version,
        opened.keep_years,
        opened.dispute_years,
        opened.opened_at,
        opened.opened_by,
    )


async def add_step(session: Session, recording_id: UUID, number: int, step: Step) -> None:
    """Append a step; the number is one more than those that the locked recording has."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO recording_step
            (recording_id, number, kind, at, actor, codes, offset_ms, affirmed, sha256, storage_ref, duration_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        recording_id,
        number,
        step.kind,
        step.at,
        step.actor,
        list(step.codes),
        step.offset_ms,
        step.affirmed,
        step.sha256,
        step.storage_ref,
        step.duration_ms,
    )


async def notices(session: Session, recording_id: UUID) -> list[Notice]:
    """What was reported on the contract and its disputes, in its order."""
    connection = await driver(session)
    rows = await connection.fetch(
        "SELECT kind, day, reference FROM recording_notice WHERE recording_id = $1 ORDER BY number", recording_id
    )
    return [Notice(NoticeKind(row["kind"]), row["day"], row["reference"]) for row in rows]


async def add_notice(session: Session, recording_id: UUID, number: int, notice: Notice, *, at: datetime, actor: str) -> None:
    """Append a report."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO recording_notice (recording_id, number, kind, day, reference, at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        recording_id,
        number,
        notice.kind,
        notice.day,
        notice.reference,
        at,
        actor,
    )


async def delete(session: Session, recording_id: UUID) -> None:
    """Delete a recording with its steps and reports. The database refuses it while the recording must be kept."""
    connection = await driver(session)
    await connection.execute("DELETE FROM recording WHERE recording_id = $1", recording_id)


async def _read(session: Session, condition: str, *values: object) -> list[Kept]:
    connection = await driver(session)
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM recording {condition}", *values)  # noqa: S608  # our own words
    if not rows:
        return []
    steps: dict[UUID, list[Step]] = {row["recording_id"]: [] for row in rows}
    for row in await connection.fetch(_STEPS, list(steps)):
        steps[row["recording_id"]].append(_step(row))
    return [_kept(row, steps[row["recording_id"]]) for row in rows]


def _kept(row: asyncpg.Record, steps: Sequence[Step]) -> Kept:
    opened = Opened(**{**dict(row), "product_class": ProductClass(row["product_class"])})
    return Kept(opened, tuple(steps), opened.facts(steps))


def _step(row: asyncpg.Record) -> Step:
    return Step(
        kind=StepKind(row["kind"]),
        at=row["at"],
        actor=row["actor"],
        codes=tuple(row["codes"]),
        offset_ms=row["offset_ms"],
        affirmed=row["affirmed"],
        sha256=row["sha256"],
        storage_ref=row["storage_ref"],
        duration_ms=row["duration_ms"],
    )
