"""Tables of the care for older customers; append-only (migration 0005)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from contracts.values import RiskLevel
from services.compliance.base import Base
from services.compliance.care.rules.values import AcknowledgementWay, CareStepKind, SaleChannel

_LEVELS = ", ".join(f"'{level}'" for level in RiskLevel)
_CHANNELS = ", ".join(f"'{channel}'" for channel in SaleChannel)
_KINDS = ", ".join(f"'{kind}'" for kind in CareStepKind)
_WAYS = ", ".join(f"'{way}'" for way in AcknowledgementWay)
_ONCE = sa.text("kind <> 'prompted'")


def _text(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=nullable)


def _moment(*, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=nullable)


class Care(Base, table=True):
    """The care for one sale to one customer, by the version of the document that was in force when it began."""

    __tablename__: ClassVar[str] = "care"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "sale_no"),
        sa.CheckConstraint(f"risk_level IN ({_LEVELS})", name="risk_level"),
        sa.CheckConstraint(f"channel IN ({_CHANNELS})", name="channel"),
    )

    care_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    customer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, nullable=False))
    sale_no: str = Field(sa_column=_text())
    product_code: str = Field(sa_column=_text())
    risk_level: str = Field(sa_column=_text())
    channel: str = Field(sa_column=_text())
    seller: str | None = Field(default=None, sa_column=_text(nullable=True))
    document_version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    opened_at: datetime = Field(sa_column=_moment())


class CareStep(Base, table=True):
    """One step of the care, 1, 2, 3, …; each kind but the prompt happens once.

    Own words are not kept: free text may hold anything. What stays is their length and a salted digest, which proves later
    that words that somebody presents are the ones that were given; the words themselves are in the recording.
    """

    __tablename__: ClassVar[str] = "care_step"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        sa.CheckConstraint(f"way IN ({_WAYS})", name="way"),
        sa.CheckConstraint("(kind = 'acknowledged') = (way IS NOT NULL AND cooling_off_until IS NOT NULL)", name="acknowledged"),
        sa.CheckConstraint("by_customer OR kind <> 'acknowledged' OR recording_id IS NOT NULL", name="by_customer"),
        sa.CheckConstraint(
            "(way IS NOT DISTINCT FROM 'own_words') = (words_digest IS NOT NULL AND words_salt IS NOT NULL AND words_length > 0)",
            name="own_words",
        ),
        sa.Index("ix_care_step_once", "care_id", "kind", unique=True, postgresql_where=_ONCE),
    )

    care_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("care.care_id"), primary_key=True))
    number: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=_moment())
    actor: str = Field(sa_column=_text())
    by_customer: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    large_type: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    way: str | None = Field(default=None, sa_column=_text(nullable=True))
    words_length: int | None = Field(default=None, sa_column=sa.Column(sa.Integer))
    words_salt: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary))
    words_digest: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary))
    recording_id: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    contact_ref: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    cooling_off_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
