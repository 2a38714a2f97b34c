"""Tables of outreach: recipients, what is owed and wished, contacts, consents, runs over everybody."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import new_metadata
from contracts.values import Channel, Tier
from services.outreach.rules.reasons import CalendarState, ChannelReason, PlacedBy
from services.outreach.rules.revision import State


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The root of outreach's tables, on its own metadata."""


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


def _moment(*, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=nullable)


def _text(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=nullable)


def _recipient() -> sa.Column[UUID]:
    return sa.Column(sa.Uuid, sa.ForeignKey("recipient.customer_id"), nullable=False)


class Recipient(Base, table=True):
    """A customer as outreach knows one, from events alone: tier and record may arrive in either order.

    `plan_version` counts the plans that this customer has had; whoever plans holds this row's lock.
    """

    __tablename__: ClassVar[str] = "recipient"
    __table_args__ = (
        sa.CheckConstraint(_one_of("tier", Tier), name="tier"),
        sa.CheckConstraint("plan_version >= 0", name="plan_version"),
    )

    customer_id: UUID = Field(primary_key=True)
    tier: str | None = Field(default=None, sa_column=_text(nullable=True))
    birth_date: date | None = None
    branch: str | None = Field(default=None, sa_column=_text(nullable=True))
    adviser_no: str | None = Field(default=None, sa_column=_text(nullable=True))
    plan_version: int = Field(default=0, sa_column=sa.Column(sa.Integer, nullable=False, server_default="0"))


class ConsentRow(Base, table=True):
    """The last word of a customer on a purpose over a channel; an empty channel stands for all (PIPL art. 24)."""

    __tablename__: ClassVar[str] = "consent"
    __table_args__ = (sa.CheckConstraint(f"channel = '' OR {_one_of('channel', Channel)}", name="channel"),)

    customer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("recipient.customer_id"), primary_key=True))
    purpose: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    channel: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    granted: bool
    version: int
    at: datetime = Field(sa_column=_moment())


class Obligation(Base, table=True):
    """What the tier owes a customer in a period (H10). `opens` to `closes` are its days, both included; `target` is
    the day that the spread asks for; `reason` is the rule that keeps an open one from being planned."""

    __tablename__: ClassVar[str] = "obligation"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "kind", "period"),
        sa.CheckConstraint(_one_of("tier", Tier), name="tier"),
        sa.CheckConstraint(_one_of("state", State), name="state"),
        sa.CheckConstraint("opens <= closes AND target BETWEEN opens AND closes", name="days"),
        sa.CheckConstraint("state <> 'planned' OR reason IS NULL", name="reason"),
        sa.Index("ix_obligation_open", "reason", postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(sa_column=_recipient())
    kind: str = Field(sa_column=_text())
    period: str = Field(sa_column=_text())
    tier: str = Field(sa_column=_text())
    opens: date
    closes: date
    target: date
    state: str = Field(sa_column=_text())
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))
    policy_version: int
    changed_at: datetime = Field(sa_column=_moment())


class Wish(Base, table=True):
    """A contact that a signal or a birthday asks for; at most one per customer, kind and period. Urgent ones carry
    the moment by which the contact must have happened (H25)."""

    __tablename__: ClassVar[str] = "wish"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "kind", "period"),
        sa.CheckConstraint(_one_of("state", State), name="state"),
        sa.CheckConstraint("opens <= closes AND target BETWEEN opens AND closes", name="days"),
        sa.CheckConstraint("state <> 'planned' OR reason IS NULL", name="reason"),
        sa.Index("ix_wish_open", "reason", postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(sa_column=_recipient())
    kind: str = Field(sa_column=_text())
    period: str = Field(sa_column=_text())
    signal_id: UUID | None = None
    opens: date
    closes: date
    target: date
    due_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    state: str = Field(sa_column=_text())
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))
    policy_version: int
    changed_at: datetime = Field(sa_column=_moment())


class Contact(Base, table=True):
    """A planned contact: one at most that stands for each obligation or wish, and one at most per customer and moment.

    `bypass` names the exception that let an urgent contact break rules of the budget, `bypassed` lists those rules.
    """

    __tablename__: ClassVar[str] = "contact"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(obligation_id, wish_id) = 1", name="origin"),
        sa.CheckConstraint("day = (at AT TIME ZONE 'Asia/Shanghai')::date", name="day"),
        sa.CheckConstraint("state IN ('planned', 'withdrawn')", name="state"),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (state = 'withdrawn') = (withdrawn_reason IS NOT NULL)",
            name="withdrawn",
        ),
        sa.CheckConstraint("(bypass IS NULL) = (bypassed = '{}')", name="bypass"),
        sa.CheckConstraint(_one_of("tier", Tier), name="tier"),
        sa.CheckConstraint(_one_of("channel", Channel), name="channel"),
        sa.CheckConstraint(_one_of("placed_by", PlacedBy), name="placed_by"),
        sa.CheckConstraint(_one_of("channel_reason", ChannelReason), name="channel_reason"),
        sa.CheckConstraint(_one_of("calendar", CalendarState), name="calendar"),
        sa.Index("uq_contact_obligation", "obligation_id", unique=True, postgresql_where=sa.text("state = 'planned'")),
        sa.Index("uq_contact_wish", "wish_id", unique=True, postgresql_where=sa.text("state = 'planned'")),
        sa.Index("uq_contact_moment", "customer_id", "at", unique=True, postgresql_where=sa.text("state = 'planned'")),
        sa.Index("ix_contact_day", "day", postgresql_where=sa.text("state = 'planned'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(sa_column=_recipient())
    obligation_id: UUID | None = Field(default=None, foreign_key="obligation.id")
    wish_id: UUID | None = Field(default=None, foreign_key="wish.id")
    kind: str = Field(sa_column=_text())
    period: str = Field(sa_column=_text())
    tier: str = Field(sa_column=_text())
    channel: str = Field(sa_column=_text())
    day: date
    at: datetime = Field(sa_column=_moment())
    state: str = Field(sa_column=_text())
    placed_by: str = Field(sa_column=_text())
    channel_reason: str = Field(sa_column=_text())
    calendar: str = Field(sa_column=_text())
    bypass: str | None = Field(default=None, sa_column=_text(nullable=True))
    bypassed: list[str] = Field(sa_column=sa.Column(pg.ARRAY(sa.Text), nullable=False, server_default="{}"))
    plan_version: int
    policy_version: int
    planned_at: datetime = Field(sa_column=_moment())
    withdrawn_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    withdrawn_reason: str | None = Field(default=None, sa_column=_text(nullable=True))


class PlanRun(Base, table=True):
    """A run over all recipients, nightly or asked for; one at a time. `cursor` is the last customer that was planned."""

    __tablename__: ClassVar[str] = "plan_run"
    __table_args__ = (
        sa.CheckConstraint("cause IN ('nightly', 'requested')", name="cause"),
        sa.Index("uq_plan_run_open", sa.text("(ended_at IS NULL)"), unique=True, postgresql_where=sa.text("ended_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    cause: str = Field(sa_column=_text())
    requested_by: str = Field(sa_column=_text())
    policy_version: int
    cursor: UUID | None = None
    customers: int = 0
    planned: int = 0
    withdrawn: int = 0
    missed: int = 0
    # Any: counts by the name of the rule
    unplaced: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False, server_default="{}"))
    requested_at: datetime = Field(sa_column=_moment())
    started_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
