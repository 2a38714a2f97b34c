"""Every query of the care for older customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import RiskLevel
from services.compliance.care.rules.steps import applied
from services.compliance.care.rules.values import AcknowledgementWay, CareFacts, CareStep, CareStepKind, SaleChannel

_FIND = "SELECT * FROM care WHERE customer_id = $1 AND sale_no = $2"
_FIND_LOCKED = f"{_FIND} FOR UPDATE"


@dataclass(frozen=True, slots=True)
class CareOpened:
    """What was said when the prompt was first shown; it never changes."""

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    risk_level: RiskLevel
    channel: SaleChannel
    seller: str | None
    document_version: int
    opened_at: datetime

    def facts(self, steps: Sequence[CareStep] = ()) -> CareFacts:
        """How the care stands after `steps`."""
        begun = CareFacts(
            care_id=self.care_id,
            customer_id=self.customer_id,
            sale_no=self.sale_no,
            product_code=self.product_code,
            risk_level=self.risk_level,
            channel=self.channel,
            prompt_version=self.document_version,
            actors=frozenset() if self.seller is None else frozenset({self.seller}),
        )
        return reduce(applied, steps, begun)


@dataclass(frozen=True, slots=True)
class CareKept:
    """The care as it is kept: what was opened, how many steps, and how it stands."""

    opened: CareOpened
    steps: int
    facts: CareFacts


@dataclass(frozen=True, slots=True)
class SealedWords:
    """What is kept of own words: how many characters, and SHA-256 over salt and words."""

    length: int
    salt: bytes
    digest: bytes


async def care_of(session: Session, customer_id: UUID, sale_no: str) -> CareFacts | None:
    """How the care for a sale stands; None where no prompt was shown."""
    kept = await find(session, customer_id, sale_no)
    return None if kept is None else kept.facts


async def find(session: Session, customer_id: UUID, sale_no: str, *, lock: bool = False) -> CareKept | None:
    """The care for a sale; with `lock` nobody else takes a step until the transaction ends."""
    connection = await driver(session)
    row = await connection.fetchrow(_FIND_LOCKED if lock else _FIND, customer_id, sale_no)
    return None if row is None else await _kept(connection, row)


async def find_by_id(session: Session, care_id: UUID) -> CareKept | None:
    """The care of that id."""
    connection = await driver(session)
    row = await connection.fetchrow("SELECT * FROM care WHERE care_id = $1", care_id)
    return None if row is None else await _kept(connection, row)


async def add(session: Session, opened: CareOpened) -> bool:
    """Open the care for a sale; False where another request has just done so."""
    connection = await driver(session)
    status = await connection.execute(
        """
        INSERT INTO care (care_id, customer_id, sale_no, product_code, risk_level, channel, seller, document_version, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (customer_id, sale_no) DO NOTHING
        """,
        opened.care_id,
        opened.customer_id,
        opened.sale_no,
        opened.product_code,
        opened.risk_level,
        opened.channel,
        opened.seller,
        opened.document_version,
        opened.opened_at,
    )
    return status == "INSERT 0 1"


async def add_step(
    session: Session, care_id: UUID, number: int, step: CareStep, *, large_type: bool = False, words: SealedWords | None = None
) -> None:
    """Append a step; the number is one more than those that the locked care has."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO care_step (care_id, number, kind, at, actor, by_customer, large_type, way, words_length, words_salt,
                               words_digest, recording_id, contact_ref, cooling_off_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        care_id,
        number,
        step.kind,
        step.at,
        step.actor,
        step.by_customer,
        large_type,
        step.way,
        None if words is None else words.length,
        None if words is None else words.salt,
        None if words is None else words.digest,
        step.recording_id,
        step.contact_ref,
        step.cooling_off_until,
    )


async def _kept(connection: "asyncpg.Connection[asyncpg.Record]", row: asyncpg.Record) -> CareKept:
    opened = CareOpened(**{**dict(row), "risk_level": RiskLevel(row["risk_level"]), "channel": SaleChannel(row["channel"])})
    rows = await connection.fetch("SELECT * FROM care_step WHERE care_id = $1 ORDER BY number", opened.care_id)
    return CareKept(opened, len(rows), opened.facts([_step(one) for one in rows]))


def _step(row: asyncpg.Record) -> CareStep:
    return CareStep(
        kind=CareStepKind(row["kind"]),
        at=row["at"],
        actor=row["actor"],
        by_customer=row["by_customer"],
        way=None if row["way"] is None else AcknowledgementWay(row["way"]),
        recording_id=row["recording_id"],
        contact_ref=row["contact_ref"],
        cooling_off_until=row["cooling_off_until"],
    )
