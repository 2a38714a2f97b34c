"""Tables of codes, referrals and the points ledger. Triggers and `post_transfers` are in migration 0001.

No column anywhere holds cash: every currency column is CHECKed to be PTS, and accounts exist for points only (H29).
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import new_metadata

_POINTS_ONLY = "currency = 'PTS'"


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The registry of this service's tables, the chassis' own included."""


class Customer(Base, table=True):
    """What the rules need to know of a customer, from `profile`'s events.

    `state_version` is 0 for the registration and the event's version for a later change; a higher one wins.
    """

    __tablename__: ClassVar[str] = "customer"

    customer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    household_id: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    state_version: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))


class ReferralCode(Base, table=True):
    """A code and its owner. A customer has one active code at most."""

    __tablename__: ClassVar[str] = "referral_code"
    __table_args__ = (
        sa.CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{12}$'", name="code"),
        sa.Index("uq_referral_code_active", "customer_id", unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")),
    )

    code: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    customer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("customer.customer_id"), nullable=False))
    issued_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
    withdrawn_at: datetime | None = Field(default=None, sa_column=sa.Column(sa.DateTime(timezone=True)))


class CampaignPolicy(Base, table=True):
    """A published version of the campaigns; never changed, only followed by the next."""

    __tablename__: ClassVar[str] = "campaign_policy"

    version: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    effective_from: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    # Any: the document's shape is `policy.CampaignDocument`
    document: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    digest: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    published_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


class Account(Base, table=True):
    """A points account. The issuer's has no balance, so that no row is hot; a customer's has the customer's id."""

    __tablename__: ClassVar[str] = "account"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('issuer', 'customer')", name="kind"),
        sa.CheckConstraint(_POINTS_ONLY, name="points_only"),
        sa.CheckConstraint("(kind = 'issuer') = (balance IS NULL)", name="issuer_without_balance"),
        sa.CheckConstraint("(kind = 'issuer') = (entries IS NULL)", name="issuer_without_entries"),
        sa.CheckConstraint("balance >= 0", name="balance_not_negative"),
        sa.Index("uq_account_issuer", "currency", unique=True, postgresql_where=sa.text("kind = 'issuer'")),
    )

    account_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    kind: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    currency: str = Field(sa_column=sa.Column(sa.CHAR(3), nullable=False))
    balance: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    entries: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    opened_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


class Transfer(Base, table=True):
    """Points that moved at once. `reference` makes it happen once; its entries sum to zero."""

    __tablename__: ClassVar[str] = "transfer"
    __table_args__ = (sa.CheckConstraint(_POINTS_ONLY, name="points_only"),)

    transfer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    reference: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    currency: str = Field(sa_column=sa.Column(sa.CHAR(3), nullable=False))
    occurred_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
    posted_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


class Entry(Base, table=True):
    """One account's side of a transfer. On a customer's account `sequence` runs 1, 2, 3, … without holes."""

    __tablename__: ClassVar[str] = "entry"
    __table_args__ = (
        sa.CheckConstraint(_POINTS_ONLY, name="points_only"),
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.CheckConstraint("(sequence IS NULL) = (balance_after IS NULL)", name="placed"),
        sa.CheckConstraint("balance_after >= 0", name="balance_not_negative"),
        sa.Index(
            "uq_entry_account_sequence",
            "account_id",
            "sequence",
            unique=True,
            postgresql_where=sa.text("sequence IS NOT NULL"),
        ),
    )

    transfer_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("transfer.transfer_id"), primary_key=True))
    account_id: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("account.account_id"), primary_key=True))
    currency: str = Field(sa_column=sa.Column(sa.CHAR(3), nullable=False))
    amount: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    sequence: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    balance_after: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))


class Referral(Base, table=True):
    """What became of a registration that named a code: decided once for each new customer, for ever."""

    __tablename__: ClassVar[str] = "referral"
    __table_args__ = (
        sa.CheckConstraint("(rule IS NULL) = (transfer_id IS NOT NULL)", name="rewarded_or_refused"),
        sa.CheckConstraint(
            "num_nulls(points_each, campaign, policy_version) = CASE WHEN transfer_id IS NULL THEN 3 ELSE 0 END",
            name="reward_complete",
        ),
        sa.CheckConstraint("transfer_id IS NULL OR referrer_id <> referred_id", name="two_customers"),
        sa.Index(
            "ix_referral_referrer",
            "referrer_id",
            "referral_id",
            postgresql_where=sa.text("referrer_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_referral_rewarded_day",
            "referrer_id",
            "day",
            postgresql_where=sa.text("transfer_id IS NOT NULL"),
        ),
    )

    referral_id: UUID = Field(sa_column=sa.Column(sa.Uuid, primary_key=True))
    referrer_id: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    referred_id: UUID = Field(sa_column=sa.Column(sa.Uuid, nullable=False, unique=True))
    day: date = Field(sa_column=sa.Column(sa.Date, nullable=False))
    rule: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    campaign: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    policy_version: int | None = Field(default=None, sa_column=sa.Column(sa.Integer, sa.ForeignKey("campaign_policy.version")))
    points_each: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    transfer_id: UUID | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.Uuid,
            sa.ForeignKey("transfer.transfer_id", deferrable=True, initially="DEFERRED"),
            unique=True,
        ),
    )
    decided_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
