"""The gateway's tables: the staff directory, what it knows of customers for choosing teams, and the case desk."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import new_metadata


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The gateway's own registry, chassis tables included."""


def _moment(*, nullable: bool = False) -> Any:  # Any: SQLModel's Field is typed so
    return Field(default=None, sa_type=sa.DateTime(timezone=True), nullable=nullable)


def _texts() -> Any:  # Any: SQLModel's Field is typed so
    return Field(sa_type=ARRAY(sa.Text), nullable=False)


class Staff(Base, table=True):
    """A person of the bank who can be put on cases, at most `case_cap` open ones at a time."""

    __table_args__ = (sa.CheckConstraint("case_cap BETWEEN 0 AND 100", name="case_cap"),)

    staff_no: str = Field(primary_key=True)
    display_name: str
    branch: str = Field(index=True)
    departments: list[str] = _texts()
    case_cap: int
    active: bool


class KnownCustomer(Base, table=True):
    """What choosing a team needs to know of a customer, from the events of profile and tiering."""

    __tablename__ = "known_customer"

    customer_id: UUID = Field(primary_key=True)
    branch: str | None = None
    adviser_no: str | None = None
    tier: str | None = None


class Case(Base, table=True):
    """A need that crosses departments (H19). At most one open case for a customer and cause."""

    __tablename__ = "care_case"
    __table_args__ = (
        sa.Index(
            "uq_care_case_open",
            "customer_id",
            "cause",
            unique=True,
            postgresql_where=sa.text("state <> 'closed'"),
        ),
        sa.CheckConstraint("state IN ('unstaffed', 'working', 'proposed', 'closed')", name="state"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("state <> 'proposed' OR proposed_at IS NOT NULL", name="proposed"),
    )

    case_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(index=True)
    cause: str
    state: str
    branch: str | None = None
    departments: list[str] = _texts()
    policy_version: int
    signal_id: UUID | None = None
    opened_by: str
    opened_at: datetime = _moment()
    deadline: datetime = _moment()
    overdue_at: datetime | None = _moment(nullable=True)
    proposed_at: datetime | None = _moment(nullable=True)
    closed_at: datetime | None = _moment(nullable=True)
    outcome: str | None = None
    team_version: int = 0
    section_version: int = 0


class CaseMember(Base, table=True):
    """One person of a case's team. A deferred trigger (revision 0001) refuses a team without exactly one lead."""

    __tablename__ = "case_member"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "department"),
        sa.Index("uq_case_member_lead", "case_id", unique=True, postgresql_where=sa.text("lead")),
        sa.Index("ix_case_member_staff_no", "staff_no"),
    )

    case_id: UUID = Field(primary_key=True, foreign_key="care_case.case_id")
    staff_no: str = Field(primary_key=True, foreign_key="staff.staff_no")
    department: str
    lead: bool
    reasons: list[str] = _texts()


class CaseSection(Base, table=True):
    """A department's section of the proposal. `text` is sealed (gateway/texts.py): it is read at the desk and nowhere else."""

    __tablename__ = "case_section"

    case_id: UUID = Field(primary_key=True, foreign_key="care_case.case_id")
    department: str = Field(primary_key=True)
    staff_no: str
    text: str
    handed_in_at: datetime = _moment()


class CaseProposal(Base, table=True):
    """The integrated proposal that the lead delivered; `text` is sealed."""

    __tablename__ = "case_proposal"

    case_id: UUID = Field(primary_key=True, foreign_key="care_case.case_id")
    staff_no: str
    text: str
    delivered_at: datetime = _moment()
    in_time: bool


class CaseStep(Base, table=True):
    """What happened on a case, in order: codes, ids and numbers."""

    __tablename__ = "case_step"

    step_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="care_case.case_id", index=True)
    at: datetime = _moment()
    actor: str
    step: str
    details: dict[str, Any] = Field(sa_type=JSONB, nullable=False)  # Any: JSON values
