"""The tables of measures and signals: what was computed, by which rules, what staff said of it, what is still to look at."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from contracts.values import LifeStage, NeedType, RelationStage, SignalKind, SignalVerdict
from services.profile.models.records import Base, one_of


class Measures(Base, table=True):
    """The four dimensions of H1 of a customer on a day. `version` is the event's; null for a day computed afterwards.

    `data_complete_to` is the load watermark when it was computed; what is null was not computed by the version of that day.
    """

    __tablename__ = "measures"
    __table_args__ = (
        one_of("need", [*NeedType]),
        one_of("life_stage", [*LifeStage]),
        one_of("relation_stage", [*RelationStage]),
        sa.Index("ix_measures_customer_id_version", "customer_id", sa.text("version DESC NULLS LAST")),
    )
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    as_of: date = Field(primary_key=True)
    version: int | None = None
    currency: str = Field(sa_type=sa.CHAR(3))
    assets_30: int = Field(sa_type=sa.BigInteger)
    assets_90: int = Field(sa_type=sa.BigInteger)
    assets_180: int = Field(sa_type=sa.BigInteger)
    growth_180_bp: int | None = Field(default=None, sa_type=sa.BigInteger)
    contribution_fen: int = Field(sa_type=sa.BigInteger)
    dealings_90: int
    logins_90: int
    channels_90: int
    payroll: bool
    products: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    need: str = Field(sa_type=sa.Text)
    life_stage: str = Field(sa_type=sa.Text)
    relation_stage: str = Field(sa_type=sa.Text)
    history_days: int
    age: int
    household_30: int | None = Field(default=None, sa_type=sa.BigInteger)
    household_90: int | None = Field(default=None, sa_type=sa.BigInteger)
    household_180: int | None = Field(default=None, sa_type=sa.BigInteger)
    assets_by_class: dict[str, object] | None = Field(default=None, sa_type=JSONB)
    dealings_growth_180_bp: int | None = Field(default=None, sa_type=sa.BigInteger)
    data_complete_to: date | None = None


class Signal(Base, table=True):
    """A need or an event found in the data by a version of a rule. `subject` tells two causes of one kind apart."""

    __tablename__ = "signal"
    __table_args__ = (
        one_of("kind", [*SignalKind]),
        sa.CheckConstraint("confidence_bp BETWEEN 0 AND 10000", name="confidence_bp"),
        sa.UniqueConstraint("customer_id", "kind", "subject", "as_of"),
        sa.Index("ix_signal_as_of", "as_of", "kind"),
    )
    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    kind: str = Field(sa_type=sa.Text)
    subject: str = Field(sa_type=sa.Text)
    as_of: date
    confidence_bp: int
    evidence: dict[str, object] = Field(sa_type=JSONB)
    rule: str = Field(sa_type=sa.Text)
    rule_version: int


class Verdict(Base, table=True):
    """What staff said of a signal, once: accepted or dismissed, with the code of the reason."""

    __tablename__ = "verdict"
    __table_args__ = (one_of("verdict", [*SignalVerdict]),)
    signal_id: UUID = Field(primary_key=True, foreign_key="signal.id")
    verdict: str = Field(sa_type=sa.Text)
    reason: str = Field(sa_type=sa.Text)
    judged_by: str = Field(sa_type=sa.Text)
    judged_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class SignalRule(Base, table=True):
    """A version of a signal rule: drafted by one person, approved by another, never changed after that."""

    __tablename__ = "signal_rule"
    __table_args__ = (
        sa.CheckConstraint("approved_by <> drafted_by", name="four_eyes"),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approval"),
        sa.Index("ix_signal_rule_rule", "rule", "effective_from", postgresql_where=sa.text("approved_at IS NOT NULL")),
    )
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    rule: str = Field(sa_type=sa.Text)
    document: dict[str, object] = Field(sa_type=JSONB)
    effective_from: date
    drafted_by: str = Field(sa_type=sa.Text)
    drafted_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    approved_by: str | None = Field(default=None, sa_type=sa.Text)
    approved_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


class Touched(Base, table=True):
    """A customer of whom a row came in, and of which kind of the feed: signals are looked for within moments."""

    __tablename__ = "touched"
    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))
    customer_id: UUID
    source: str = Field(sa_type=sa.Text)


class Watermark(Base, table=True):
    """Up to which day everything of the core bank's feed is in, as whoever loads it said last."""

    __tablename__ = "watermark"
    feed: str = Field(primary_key=True, sa_type=sa.Text)
    day: date
    told_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class Feed(Base, table=True):
    """How far the measures are complete; `version` numbers the published events."""

    __tablename__ = "feed"
    feed: str = Field(primary_key=True, sa_type=sa.Text)
    version: int
    day: date


class Run(Base, table=True):
    """A computation of measures and signals for a day, in steps that survive a restart."""

    __tablename__ = "run"
    __table_args__ = (one_of("state", ["waiting", "running", "done"]),)
    id: UUID = Field(primary_key=True)
    as_of: date
    state: str = Field(sa_type=sa.Text)
    customers: int = 0
    published: int = 0
    signals: int = 0
    started_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    finished_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
