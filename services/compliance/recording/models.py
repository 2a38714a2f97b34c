"""Tables of recordings. All three are append-only, and nothing is deleted while it must be kept (migration 0005)."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from contracts.values import ProductClass
from services.compliance.base import Base
from services.compliance.recording.rules.retention import NoticeKind
from services.compliance.recording.rules.states import StepKind

_CLASSES = ", ".join(f"'{one}'" for one in ProductClass)
_KINDS = ", ".join(f"'{kind}'" for kind in StepKind)
_NOTICES = ", ".join(f"'{kind}'" for kind in NoticeKind)
_ONCE = sa.text("kind <> 'checkpoint'")


def _text(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=nullable)


def _moment() -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=False)


def _of_recording() -> sa.Column[UUID]:
    return sa.Column(sa.Uuid, sa.ForeignKey("recording.recording_id", ondelete="CASCADE"), primary_key=True)


class Recording(Base, table=True):
    """A recording of one sale; `attempt` counts those of the same sale. `keep_years` and `dispute_years` are the least that
    the database itself holds to."""

    __tablename__: ClassVar[str] = "recording"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "sale_no", "attempt"),
        sa.CheckConstraint(f"product_class IN ({_CLASSES})", name="product_class"),
        sa.CheckConstraint("attempt >= 1 AND keep_years >= 1 AND dispute_years >= 1", name="counts"),
    )

    recording_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    customer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, nullable=False))
    sale_no: str = Field(sa_column=_text())
    attempt: int = Field(sa_column=sa.Column(sa.SmallInteger, nullable=False))
    product_code: str = Field(sa_column=_text())
    product_class: str = Field(sa_column=_text())
    term_months: int | None = Field(default=None, sa_column=sa.Column(sa.Integer))
    seller: str = Field(sa_column=_text())
    script_version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    keep_years: int = Field(sa_column=sa.Column(sa.SmallInteger, nullable=False))
    dispute_years: int = Field(sa_column=sa.Column(sa.SmallInteger, nullable=False))
    opened_at: datetime = Field(sa_column=_moment())
    opened_by: str = Field(sa_column=_text())


class RecordingStep(Base, table=True):
    """One step of a recording, 1, 2, 3, …; each kind but the checkpoint happens once."""

    __tablename__: ClassVar[str] = "recording_step"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        sa.CheckConstraint("(kind = 'ended') = (sha256 IS NOT NULL AND length(sha256) = 32)", name="digest"),
        sa.Index("ix_recording_step_once", "recording_id", "kind", unique=True, postgresql_where=_ONCE),
    )

    recording_id: UUID = Field(sa_column=_of_recording())
    number: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=_moment())
    actor: str = Field(sa_column=_text())
    codes: list[str] = Field(sa_column=sa.Column(pg.ARRAY(sa.Text), nullable=False))
    offset_ms: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    affirmed: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    sha256: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary))
    storage_ref: str | None = Field(default=None, sa_column=_text(nullable=True))
    duration_ms: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))


class RecordingNotice(Base, table=True):
    """What was reported later and decides how long the recording is kept; `reference` is a dispute's number."""

    __tablename__: ClassVar[str] = "recording_notice"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN ({_NOTICES})", name="kind"),
        sa.CheckConstraint("(kind LIKE 'dispute%') = (reference IS NOT NULL)", name="reference"),
        sa.UniqueConstraint("recording_id", "kind", "reference"),
    )

    recording_id: UUID = Field(sa_column=_of_recording())
    number: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_column=_text())
    day: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    reference: str | None = Field(default=None, sa_column=_text(nullable=True))
    at: datetime = Field(sa_column=_moment())
    actor: str = Field(sa_column=_text())
