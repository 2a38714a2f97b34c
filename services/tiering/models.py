"""Tables of tiering: policies, what customers stand at, the history of decisions, runs, and how far the feed is."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import new_metadata
from contracts.values import Tier

_TIERS = ", ".join(f"'{tier}'" for tier in Tier)


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The root of tiering's tables, on its own metadata."""


def _moment(*, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=nullable)


def _text(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=nullable)


class PolicyRow(Base, table=True):
    """A version of the tier policy. `document` is kept as it was sent; a published version never changes again."""

    __tablename__: ClassVar[str] = "policy"
    __table_args__ = (
        sa.CheckConstraint("status IN ('draft', 'published', 'withdrawn', 'rejected')", name="status"),
        sa.CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        sa.CheckConstraint("(status = 'published') = (approved_by IS NOT NULL AND approved_at IS NOT NULL)", name="approved"),
        sa.CheckConstraint(
            "(status IN ('withdrawn', 'rejected')) = (closed_by IS NOT NULL AND closed_at IS NOT NULL)", name="closed"
        ),
        sa.CheckConstraint("status <> 'rejected' OR (closed_by <> drafted_by AND closed_because IS NOT NULL)", name="rejected"),
        sa.Index("ix_policy_in_force", "currency", "effective_from", "version", postgresql_where=sa.text("status = 'published'")),
    )

    version: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    status: str = Field(sa_column=_text())
    currency: str = Field(sa_column=sa.Column(sa.CHAR(3), nullable=False))
    effective_from: date
    document: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))  # Any: a JSON document
    digest: str = Field(sa_column=_text())
    drafted_by: str = Field(sa_column=_text())
    drafted_at: datetime = Field(sa_column=_moment())
    approved_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    approved_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    closed_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    closed_because: str | None = Field(default=None, sa_column=_text(nullable=True))


class StandingRow(Base, table=True):
    """What a customer stands at now: the latest measures and the decision on them.

    `number` counts the decisions of the history, `change` the changes of tier (the version of the event that told the last).
    `fired` is the reason code of the policy's row, `automatic` the tier that follows from it, `tier` the one that holds:
    another where staff gave one (`manual_*`). `grace_until` is set while the row gives a lower tier than `automatic`.
    """

    __tablename__: ClassVar[str] = "standing"
    __table_args__ = (
        sa.CheckConstraint(f"tier IN ({_TIERS})", name="tier"),
        sa.CheckConstraint("number >= change AND change >= 1", name="counts"),
        sa.CheckConstraint(f"automatic IN ({_TIERS})", name="automatic"),
        sa.CheckConstraint(f"manual_tier IN ({_TIERS})", name="manual_tier"),
        sa.Index("ix_standing_grace", "grace_until", postgresql_where=sa.text("grace_until IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 80}},
    )

    customer_id: UUID = Field(primary_key=True)
    tier: str = Field(sa_column=_text())
    reason: str = Field(sa_column=_text())
    policy_version: int
    number: int
    change: int
    branch: str = Field(sa_column=_text())
    as_of: date
    measures_version: int
    inputs: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))  # Any: rules.Measures as JSON
    since: datetime = Field(sa_column=_moment())
    decided_at: datetime = Field(sa_column=_moment())
    automatic: str = Field(sa_column=_text())
    fired: str = Field(sa_column=_text())
    grace_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    manual_tier: str | None = Field(default=None, sa_column=_text(nullable=True))
    manual_code: str | None = Field(default=None, sa_column=_text(nullable=True))
    manual_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class DecisionRow(Base, table=True):
    """One decision that changed a tier, its reason, or what lies underneath. Rows are never updated.

    `held` and `held_grace_until` are the automatic tier that it found; with them and `manual_*` it can be replayed.
    """

    __tablename__: ClassVar[str] = "decision"
    __table_args__ = (
        sa.CheckConstraint(f"tier IN ({_TIERS})", name="tier"),
        sa.CheckConstraint(f"previous IN ({_TIERS})", name="previous"),
        sa.CheckConstraint(f"automatic IN ({_TIERS})", name="automatic"),
        sa.CheckConstraint(f"held IN ({_TIERS})", name="held"),
        sa.CheckConstraint(f"manual_tier IN ({_TIERS})", name="manual_tier"),
    )

    customer_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    tier: str = Field(sa_column=_text())
    previous: str | None = Field(default=None, sa_column=_text(nullable=True))
    reason: str = Field(sa_column=_text())
    inputs: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))  # Any: rules.Measures as JSON
    policy_version: int
    as_of: date
    decided_at: datetime = Field(sa_column=_moment())
    automatic: str = Field(sa_column=_text())
    fired: str = Field(sa_column=_text())
    grace_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    held: str | None = Field(default=None, sa_column=_text(nullable=True))
    held_grace_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    manual_tier: str | None = Field(default=None, sa_column=_text(nullable=True))
    manual_code: str | None = Field(default=None, sa_column=_text(nullable=True))
    manual_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class ManualTierRow(Base, table=True):
    """A tier that staff ask for, that another person answers, and that ends at its moment (or is ended before)."""

    __tablename__: ClassVar[str] = "manual_tier"
    __table_args__ = (
        sa.CheckConstraint(f"tier IN ({_TIERS})", name="tier"),
        sa.CheckConstraint("state IN ('requested', 'active', 'rejected', 'ended')", name="state"),
        sa.CheckConstraint("answered_by <> requested_by", name="two_persons"),
        sa.CheckConstraint(
            "state NOT IN ('active', 'rejected') OR (answered_by IS NOT NULL AND answered_at IS NOT NULL)", name="answered"
        ),
        sa.CheckConstraint("(state = 'ended') = (ended_by IS NOT NULL AND ended_at IS NOT NULL)", name="ended"),
        sa.Index("uq_manual_tier_open", "customer_id", unique=True, postgresql_where=sa.text("state IN ('requested', 'active')")),
        sa.Index("ix_manual_tier_customer", "customer_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    tier: str = Field(sa_column=_text())
    code: str = Field(sa_column=_text())
    until: datetime = Field(sa_column=_moment())
    state: str = Field(sa_column=_text())
    requested_by: str = Field(sa_column=_text())
    requested_at: datetime = Field(sa_column=_moment())
    answered_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    answered_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class RunRow(Base, table=True):
    """A run that decides about everybody again. `feed_day` is how far the feed was complete when it last looked."""

    __tablename__: ClassVar[str] = "run"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('nightly', 'requested', 'policy')", name="kind"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'given_up')", name="state"),
        sa.Index("uq_run_night", "day", unique=True, postgresql_where=sa.text("kind = 'nightly'")),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_column=_text())
    day: date
    state: str = Field(sa_column=_text())
    note: str | None = Field(default=None, sa_column=_text(nullable=True))
    requested_by: str = Field(sa_column=_text())
    requested_at: datetime = Field(sa_column=_moment())
    feed_day: date | None = None
    looks: int = 0
    cursor: UUID | None = None
    decided: int = 0
    up: int = 0
    down: int = 0
    unchanged: int = 0
    skipped: int = 0
    started_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    seconds: float | None = Field(default=None, sa_column=sa.Column(sa.Double, nullable=True))


class FeedRow(Base, table=True):
    """How far a feed of the core bank is complete."""

    __tablename__: ClassVar[str] = "feed"

    feed: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    version: int
    day: date


class EntitlementRow(Base, table=True):
    """What a customer is owed in one period by the tier's package (H5 to H7). The period runs from `period_from` on,
    before `period_to`; only `due` ones change."""

    __tablename__: ClassVar[str] = "entitlement"
    __table_args__ = (
        sa.CheckConstraint(f"tier IN ({_TIERS})", name="tier"),
        sa.CheckConstraint("state IN ('due', 'given', 'missed', 'ended')", name="state"),
        sa.CheckConstraint("period_from < period_to", name="period"),
        sa.CheckConstraint(
            "(state = 'given') = (given_at IS NOT NULL AND given_by IS NOT NULL AND reference IS NOT NULL)", name="given"
        ),
        sa.CheckConstraint("(state IN ('missed', 'ended')) = (closed_at IS NOT NULL)", name="closed"),
        sa.Index(
            "uq_entitlement_period",
            "customer_id",
            "service",
            "period_from",
            unique=True,
            postgresql_where=sa.text("state <> 'ended'"),
        ),
        sa.Index("ix_entitlement_due", "customer_id", postgresql_where=sa.text("state = 'due'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    tier: str = Field(sa_column=_text())
    package_version: int
    service: str = Field(sa_column=_text())
    period_from: date
    period_to: date
    state: str = Field(sa_column=_text())
    given_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    given_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    reference: str | None = Field(default=None, sa_column=_text(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
