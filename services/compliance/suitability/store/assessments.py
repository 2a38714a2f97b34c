"""Every query of risk assessments."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from sqlmodel import col, select

from chassis.database import Session, driver
from services.compliance.suitability.models import RiskAssessment


async def lock_customer(session: Session, customer_id: UUID) -> None:
    """One writer of a customer's assessments at a time, so that limits and numbers hold."""
    connection = await driver(session)
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('risk_assessment:' || $1::text, 0))", str(customer_id)
    )


async def days_since(session: Session, customer_id: UUID, since: date) -> list[date]:
    """The days of the customer's assessments after `since`."""
    connection = await driver(session)
    rows = await connection.fetch(
        "SELECT assessed_on FROM risk_assessment WHERE customer_id = $1 AND assessed_on > $2", customer_id, since
    )
    return [row["assessed_on"] for row in rows]


async def last_confirmed(session: Session, customer_id: UUID) -> asyncpg.Record | None:
    """Level and number of the assessment that counted last."""
    connection = await driver(session)
    return await connection.fetchrow(
        "SELECT level, number FROM risk_assessment WHERE customer_id = $1 AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
        customer_id,
    )


async def put(session: Session, assessment: RiskAssessment) -> None:
    """Keep an assessment, or its confirmation or end."""
    session.add(assessment)
    await session.flush()


async def get(session: Session, assessment_id: UUID) -> RiskAssessment | None:
    """One assessment."""
    return await session.get(RiskAssessment, assessment_id)


async def latest(session: Session, customer_id: UUID) -> RiskAssessment | None:
    """The assessment made last, confirmed or not."""
    found = select(RiskAssessment).where(RiskAssessment.customer_id == customer_id)
    return (await session.exec(found.order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc()))).first()


async def of_customer(
    session: Session, customer_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """A customer's assessments without the answers, latest first, before a place in that order."""
    connection = await driver(session)
    at, assessment_id = before if before is not None else (None, None)
    return await connection.fetch(
        """
        SELECT id, customer_id, questionnaire_version, score, level, previous_level, assessed_on, assessed_at, valid_until,
               confirmed_at, ended_at, ended_reason
        FROM risk_assessment
        WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (assessed_at, id) < ($2, $3::uuid))
        ORDER BY assessed_at DESC, id DESC LIMIT $4
        """,
        customer_id,
        at,
        assessment_id,
        limit,
    )
