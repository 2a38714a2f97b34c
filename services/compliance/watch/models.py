"""Tables of the watch: alerts and their clocks, attempts to reach customers, announcements, locks on sales, freeze requests."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from contracts.values import Channel, SignalKind
from services.compliance.base import Base
from services.compliance.watch.rules import AlertOutcome, ContactResult, Escalation, Owner, Step


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


def _moment(*, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=nullable)


def _text(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=nullable)


def _alert() -> sa.Column[UUID]:
    return sa.Column(sa.Uuid, sa.ForeignKey("risk_alert.id"), nullable=False)


class WatchedCustomer(Base, table=True):
    """Whose a customer is, as far as the watch needs to know: branch and adviser, from events."""

    __tablename__: ClassVar[str] = "watched_customer"

    customer_id: UUID = Field(primary_key=True)
    branch: str = Field(sa_column=_text())
    adviser_no: str | None = Field(default=None, sa_column=_text(nullable=True))


class AnnouncedOutflow(Base, table=True):
    """An outflow that was announced: outflows of these days raise no alarm until `up_to_fen` is used up."""

    __tablename__: ClassVar[str] = "announced_outflow"
    __table_args__ = (
        sa.CheckConstraint("first <= last", name="days"),
        sa.CheckConstraint("used_fen BETWEEN 0 AND up_to_fen AND up_to_fen > 0", name="amount"),
        sa.Index("ix_announced_outflow_customer", "customer_id", "last"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    purpose: str = Field(sa_column=_text())
    first: date
    last: date
    up_to_fen: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    used_fen: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default="0"))
    announced_by: str = Field(sa_column=_text())
    announced_on: date
    announced_at: datetime = Field(sa_column=_moment())
    policy_version: int


class RiskAlert(Base, table=True):
    """A suspicious outflow (H25) or a high-risk streak (H26), one for each signal. The clock runs from `raised_at` to
    `due_at` and ends with a confirmed contact, an escalation, or the outcome.

    `assigned_by` is who chose the owner; without one the owner follows the customer's record. `account_ids` are ids of
    profile, `transactions` the core bank's own opaque numbers; no digit of a card is kept.
    """

    __tablename__: ClassVar[str] = "risk_alert"
    __table_args__ = (
        sa.UniqueConstraint("signal_id"),
        sa.CheckConstraint(f"kind IN ('{SignalKind.LARGE_OUTFLOW.value}', '{SignalKind.HIGH_RISK_STREAK.value}')", name="kind"),
        sa.CheckConstraint(_one_of("owner_kind", Owner), name="owner_kind"),
        sa.CheckConstraint(f"(owner_kind = '{Owner.COMPLIANCE.value}') = (owner_no IS NULL)", name="owner_no"),
        sa.CheckConstraint(_one_of("outcome", AlertOutcome), name="outcome"),
        sa.CheckConstraint(_one_of("escalation", Escalation), name="escalation"),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        sa.CheckConstraint("(escalated_at IS NULL) = (escalation IS NULL)", name="escalated"),
        sa.CheckConstraint(
            f"(outcome IS NOT DISTINCT FROM '{AlertOutcome.ANNOUNCED.value}') = (announcement_id IS NOT NULL)", name="announced"
        ),
        sa.Index("ix_risk_alert_customer", "customer_id"),
        sa.Index("ix_risk_alert_branch", "branch", "id"),
        sa.Index("ix_risk_alert_owner", "owner_no", "id"),
        sa.Index("ix_risk_alert_open", "due_at", postgresql_where=sa.text("closed_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    signal_id: UUID
    customer_id: UUID
    kind: str = Field(sa_column=_text())
    branch: str | None = Field(default=None, sa_column=_text(nullable=True))
    adviser_no: str | None = Field(default=None, sa_column=_text(nullable=True))
    owner_kind: str = Field(sa_column=_text())
    owner_no: str | None = Field(default=None, sa_column=_text(nullable=True))
    assigned_by: str | None = Field(default=None, sa_column=_text(nullable=True))
    day: date
    amount_fen: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, nullable=True))
    count: int
    account_ids: list[UUID] = Field(sa_column=sa.Column(pg.ARRAY(sa.Uuid), nullable=False))
    transactions: list[str] = Field(sa_column=sa.Column(pg.ARRAY(sa.Text), nullable=False))
    raised_at: datetime = Field(sa_column=_moment())
    opened_at: datetime = Field(sa_column=_moment())
    due_at: datetime = Field(sa_column=_moment())
    contacted_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    escalated_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    escalation: str | None = Field(default=None, sa_column=_text(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    outcome: str | None = Field(default=None, sa_column=_text(nullable=True))
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))
    announcement_id: UUID | None = Field(default=None, foreign_key="announced_outflow.id")
    policy_version: int


class AlertRung(Base, table=True):
    """A rung of an alert's clock that has fired: once, which the key holds."""

    __tablename__: ClassVar[str] = "alert_rung"
    __table_args__ = (
        sa.CheckConstraint(_one_of("step", Step), name="step"),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
    )

    alert_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("risk_alert.id"), primary_key=True))
    percent: int = Field(sa_column=sa.Column(sa.SmallInteger, primary_key=True, autoincrement=False))
    step: str = Field(sa_column=_text())
    fired_at: datetime = Field(sa_column=_moment())


class AlertContact(Base, table=True):
    """An attempt to reach the customer, and how it ended."""

    __tablename__: ClassVar[str] = "alert_contact"
    __table_args__ = (
        sa.CheckConstraint(_one_of("channel", Channel), name="channel"),
        sa.CheckConstraint(_one_of("result", ContactResult), name="result"),
        sa.Index("ix_alert_contact_alert", "alert_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(sa_column=_alert())
    channel: str = Field(sa_column=_text())
    result: str = Field(sa_column=_text())
    made_by: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=_moment())


class SaleLock(Base, table=True):
    """No further high-risk product is sold to the customer until the lock is lifted (H26)."""

    __tablename__: ClassVar[str] = "sale_lock"
    __table_args__ = (
        sa.UniqueConstraint("alert_id"),
        sa.Index("ix_sale_lock_standing", "customer_id", postgresql_where=sa.text("lifted_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    cause: str = Field(sa_column=_text())
    alert_id: UUID = Field(sa_column=_alert())
    since: datetime = Field(sa_column=_moment())
    lifted_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class FreezeRequest(Base, table=True):
    """A freeze request on its way to the core bank: `body` goes out word for word, under the row's id, until it is
    taken (`delivered`) or given up (`failed`). While an attempt runs, `next_at` is the moment after which another may."""

    __tablename__: ClassVar[str] = "freeze_request"
    __table_args__ = (
        sa.UniqueConstraint("alert_id"),
        sa.CheckConstraint("state IN ('queued', 'delivered', 'failed')", name="state"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.Index("ix_freeze_request_queued", "next_at", postgresql_where=sa.text("state = 'queued'")),
    )

    id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(sa_column=_alert())
    body: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    state: str = Field(sa_column=_text())
    attempts: int = 0
    next_at: datetime = Field(sa_column=_moment())
    last_answer: str | None = Field(default=None, sa_column=_text(nullable=True))
    requested_at: datetime = Field(sa_column=_moment())
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
