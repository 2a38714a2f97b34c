"""The tables of the profile service.

Identity columns (`*_sealed`) hold ciphertexts, `*_index` columns keyed hashes for exact search; nothing else here names a person.
Bulk rows have no foreign key: they enter only through a join with account or customer, which are never deleted.
"""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import new_metadata
from contracts.values import ProductClass, RiskLevel, Tolerance
from services.profile.dating import Dated
from services.profile.vocabulary import DIRECTIONS, ID_TYPES, OCCUPATIONS, SEXES, TRANSACTION_KINDS


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The base of this service's tables."""


def one_of(column: str, values: tuple[str, ...] | list[str]) -> sa.CheckConstraint:
    """The column holds one of these codes."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class Household(Base, table=True):
    """People who share a home; outflows between them are not suspicious."""

    __tablename__ = "household"
    id: UUID = Field(primary_key=True)
    household_no: str = Field(unique=True, sa_type=sa.Text)


class Customer(Base, Dated, table=True):
    """Who the customer is. `changes` counts the published changes, `identity_digest` tells whether identity fields changed,
    `restricted_until` that the law keeps the record and nothing else is done with it, `merged_into` who the person really is."""

    __tablename__ = "customer"
    __table_args__ = (
        one_of("id_type", ID_TYPES),
        one_of("sex", SEXES),
        one_of("occupation", OCCUPATIONS),
        sa.CheckConstraint("id_type = 'none' OR id_number_sealed IS NOT NULL", name="identified"),
        sa.Index(
            "uq_customer_id_number_index",
            "id_number_index",
            unique=True,
            postgresql_where=sa.text("id_number_index IS NOT NULL"),
        ),
        sa.Index("ix_customer_person_index", "person_index", postgresql_where=sa.text("person_index IS NOT NULL")),
        sa.Index("ix_customer_forgotten_at", "forgotten_at", postgresql_where=sa.text("forgotten_at IS NOT NULL")),
        sa.Index("ix_customer_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
        sa.Index("ix_customer_phone_index", "phone_index", postgresql_where=sa.text("phone_index IS NOT NULL")),
        sa.Index("ix_customer_adviser_no", "adviser_no", "id", postgresql_where=sa.text("adviser_no IS NOT NULL")),
        sa.Index("ix_customer_branch", "branch", "id"),
        sa.Index("ix_customer_household_id", "household_id", postgresql_where=sa.text("household_id IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    customer_no: str = Field(unique=True, sa_type=sa.Text)
    name_sealed: bytes
    id_type: str = Field(sa_type=sa.Text)
    id_number_sealed: bytes | None = None
    id_number_index: bytes | None = None
    person_index: bytes | None = None
    phone_sealed: bytes | None = None
    phone_index: bytes | None = None
    email_sealed: bytes | None = None
    address_sealed: bytes | None = None
    identity_digest: bytes
    birth_date: date
    sex: str = Field(sa_type=sa.Text)
    branch: str = Field(sa_type=sa.Text)
    opened_on: date
    adviser_no: str | None = Field(default=None, sa_type=sa.Text)
    occupation: str | None = Field(default=None, sa_type=sa.Text)
    employer_no: str | None = Field(default=None, sa_type=sa.Text)
    household_id: UUID | None = Field(default=None, foreign_key="household.id")
    referral_code: str | None = Field(default=None, sa_type=sa.Text)
    changes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    merged_into: UUID | None = Field(default=None, foreign_key="customer.id")
    restricted_until: date | None = None
    forgotten_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


class DataKey(Base, table=True):
    """A customer's data key under a master key. Destroying the row is forgetting the customer."""

    __tablename__ = "data_key"
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    version: int = Field(primary_key=True)
    master_version: int
    wrapped: bytes


class Product(Base, Dated, table=True):
    """A product of the bank; `risk_level` for investments (R1 to R5)."""

    __tablename__ = "product"
    __table_args__ = (one_of("class", [*ProductClass]), one_of("risk_level", [*RiskLevel]))
    code: str = Field(primary_key=True, sa_type=sa.Text)
    product_class: str = Field(sa_column=sa.Column("class", sa.Text, nullable=False))
    risk_level: str | None = Field(default=None, sa_type=sa.Text)
    currency: str = Field(sa_type=sa.CHAR(3))
    overdraft: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class Account(Base, Dated, table=True):
    """An account of one customer. `account_no` is the core bank's opaque id, never a card number."""

    __tablename__ = "account"
    __table_args__ = (
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closed_on"),
        sa.Index("ix_account_customer_id", "customer_id"),
        sa.Index("ix_account_account_index", "account_index"),
        sa.Index("ix_account_card_index", "card_index", postgresql_where=sa.text("card_index IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    account_no: str = Field(unique=True, sa_type=sa.Text)
    account_index: bytes
    customer_id: UUID = Field(foreign_key="customer.id")
    product_code: str = Field(foreign_key="product.code", sa_type=sa.Text)
    currency: str = Field(sa_type=sa.CHAR(3))
    opened_on: date
    closed_on: date | None = None
    card_no_sealed: bytes | None = None
    card_index: bytes | None = None


class Balance(Base, Dated, table=True):
    """Closing balance of a day in fen, sparse: it holds until the next row. Debts are positive."""

    __tablename__ = "balance"
    account_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    fen: int = Field(sa_type=sa.BigInteger)


class Transaction(Base, Dated, table=True):
    """A booking. `counterparty_index` is the keyed hash of the other account's number, which may be a card elsewhere."""

    __tablename__ = "transaction"
    __table_args__ = (
        sa.CheckConstraint("fen > 0", name="fen"),
        one_of("direction", DIRECTIONS),
        one_of("kind", TRANSACTION_KINDS),
        sa.Index("ix_transaction_account_id_day", "account_id", "day"),
    )
    transaction_no: str = Field(primary_key=True, sa_type=sa.Text)
    account_id: UUID
    day: date
    fen: int = Field(sa_type=sa.BigInteger)
    direction: str = Field(sa_type=sa.Text)
    kind: str = Field(sa_type=sa.Text)
    mcc: str | None = Field(default=None, sa_type=sa.Text)
    counterparty_index: bytes | None = None
    product_code: str | None = Field(default=None, sa_type=sa.Text)
    channel: str | None = Field(default=None, sa_type=sa.Text)


class Behaviour(Base, Dated, table=True):
    """Something a customer did in the app or the branch: a login, a look-up, a view."""

    __tablename__ = "behaviour"
    __table_args__ = (sa.Index("ix_behaviour_customer_id_at", "customer_id", "at"),)
    event_no: str = Field(primary_key=True, sa_type=sa.Text)
    customer_id: UUID
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    kind: str = Field(sa_type=sa.Text)
    topic: str | None = Field(default=None, sa_type=sa.Text)
    channel: str | None = Field(default=None, sa_type=sa.Text)


class Fact(Base, Dated, table=True):
    """Something known about a customer: a code or a day, with the day since when it holds. Never free text."""

    __tablename__ = "fact"
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    fact: str = Field(primary_key=True, sa_type=sa.Text)
    value: str = Field(primary_key=True, sa_type=sa.Text)
    since: date


class Assessment(Base, Dated, table=True):
    """A risk assessment (风险测评, H22)."""

    __tablename__ = "assessment"
    __table_args__ = (one_of("level", [*Tolerance]),)
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    assessed_on: date = Field(primary_key=True)
    level: str = Field(sa_type=sa.Text)


class Assignment(Base, table=True):
    """Access of a case team's member to the case's customer, until a time (H19)."""

    __tablename__ = "assignment"
    __table_args__ = (sa.Index("ix_assignment_customer_id", "customer_id", "until"),)
    case_id: UUID = Field(primary_key=True)
    staff_no: str = Field(primary_key=True, sa_type=sa.Text)
    customer_id: UUID
    department: str = Field(sa_type=sa.Text)
    lead: bool
    until: datetime = Field(sa_type=sa.DateTime(timezone=True))
    version: int


class ClosedCase(Base, table=True):
    """Cases that are over: a team that is told of later gets no access."""

    __tablename__ = "closed_case"
    case_id: UUID = Field(primary_key=True)
    closed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class Load(Base, table=True):
    """How many batches of a file are in: an interrupted import goes on there. Cleared when a load is whole. `day` is when it
    began."""

    __tablename__ = "load"
    digest: str = Field(primary_key=True, sa_type=sa.Text)
    batches: int
    day: date
