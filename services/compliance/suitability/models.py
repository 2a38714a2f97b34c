"""Tables of the sales gate. What was answered, assessed or shown is never changed afterwards (triggers in migration 0004)."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from contracts.values import ProductClass, RiskLevel, Tolerance
from services.compliance.base import Base


def _text(*, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(sa.Text, primary_key=key, nullable=nullable)


def _moment(*, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(sa.DateTime(timezone=True), nullable=nullable)


def _fen() -> sa.Column[int]:
    return sa.Column(sa.BigInteger, nullable=True)


def _one_of(column: str, words: type[RiskLevel] | type[Tolerance] | type[ProductClass]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class GateCustomer(Base, table=True):
    """What the gate knows of a customer from profile's events: whose they are, how old, and their financial assets in fen."""

    __tablename__: ClassVar[str] = "gate_customer"

    customer_id: UUID = Field(primary_key=True)
    birth_date: date | None = None
    branch: str | None = Field(default=None, sa_column=_text(nullable=True))
    adviser_no: str | None = Field(default=None, sa_column=_text(nullable=True))
    assets_fen: int | None = Field(default=None, sa_column=_fen())
    assets_on: date | None = None


class ProductRating(Base, table=True):
    """One rating of a product by issuer and seller (Order 7 of 2025 art. 22); the highest version in effect holds."""

    __tablename__: ClassVar[str] = "product_rating"
    __table_args__ = (
        _one_of("product_class", ProductClass),
        _one_of("issuer_level", RiskLevel),
        _one_of("seller_level", RiskLevel),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    product_code: str = Field(sa_column=_text(key=True))
    version: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    product_class: str = Field(sa_column=_text())
    issuer_level: str | None = Field(default=None, sa_column=_text(nullable=True))
    seller_level: str | None = Field(default=None, sa_column=_text(nullable=True))
    private: bool
    covers: list[str] = Field(sa_column=sa.Column(pg.ARRAY(sa.Text), nullable=False))
    effective_from: date
    rated_by: str = Field(sa_column=_text())
    rated_at: datetime = Field(sa_column=_moment())


class RiskAssessment(Base, table=True):
    """A questionnaire that a customer filled in (H22): answers as option codes, score, level, and how long it holds."""

    __tablename__: ClassVar[str] = "risk_assessment"
    __table_args__ = (
        _one_of("level", Tolerance),
        _one_of("previous_level", Tolerance),
        sa.CheckConstraint("(confirmed_at IS NULL) = (number IS NULL)", name="confirmed"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended"),
        sa.UniqueConstraint("customer_id", "number"),
        sa.Index("ix_risk_assessment_customer_id_assessed_at", "customer_id", "assessed_at"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    questionnaire_version: int
    answers: dict[str, str] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    score: int
    level: str = Field(sa_column=_text())
    previous_level: str | None = Field(default=None, sa_column=_text(nullable=True))
    income_fen: int | None = Field(default=None, sa_column=_fen())
    assets_fen: int | None = Field(default=None, sa_column=_fen())
    filled_by: str = Field(sa_column=_text())
    assessed_on: date
    assessed_at: datetime = Field(sa_column=_moment())
    valid_until: date
    number: int | None = None
    confirmed_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    ended_reason: str | None = Field(default=None, sa_column=_text(nullable=True))


class LegalCapacity(Base, table=True):
    """A customer's legal capacity where it does not follow from age (art. 19); the highest version holds."""

    __tablename__: ClassVar[str] = "legal_capacity"
    __table_args__ = (sa.CheckConstraint("capacity IN ('full', 'limited', 'none')", name="capacity"),)

    customer_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    capacity: str = Field(sa_column=_text())
    reference: str = Field(sa_column=_text())
    recorded_by: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_moment())


class SellerQualification(Base, table=True):
    """Which class of products a member of staff may sell, and until when (art. 16)."""

    __tablename__: ClassVar[str] = "seller_qualification"
    __table_args__ = (
        _one_of("product_class", ProductClass),
        sa.Index("ix_seller_qualification_staff_no", "staff_no", "product_class", "valid_until"),
    )

    id: UUID = Field(primary_key=True)
    staff_no: str = Field(sa_column=_text())
    product_class: str = Field(sa_column=_text())
    valid_from: date
    valid_until: date
    recorded_by: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_moment())


class QualifiedInvestor(Base, table=True):
    """Evidence that a customer is a qualified investor for private products (art. 30), until a day of its own."""

    __tablename__: ClassVar[str] = "qualified_investor"
    __table_args__ = (sa.Index("ix_qualified_investor_customer_id", "customer_id", "valid_until"),)

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    basis: str = Field(sa_column=_text())
    reference: str = Field(sa_column=_text())
    valid_from: date
    valid_until: date
    recorded_by: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_moment())


class NeedsAnalysis(Base, table=True):
    """What a family needs of insurance and can pay (art. 35 to 39), in fen; the latest before the sale counts."""

    __tablename__: ClassVar[str] = "needs_analysis"
    __table_args__ = (sa.Index("ix_needs_analysis_customer_id_made_at", "customer_id", "made_at"),)

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    needs: list[str] = Field(sa_column=sa.Column(pg.ARRAY(sa.Text), nullable=False))
    family_income_fen: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    budget_fen: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    made_by: str = Field(sa_column=_text())
    made_at: datetime = Field(sa_column=_moment())


class SaleEvidence(Base, table=True):
    """A step of one sale that left a paper: a notice shown (art. 31), a consent, an insistence, a declaration."""

    __tablename__: ClassVar[str] = "sale_evidence"
    __table_args__ = (sa.Index("ix_sale_evidence_sale", "customer_id", "sale_no"),)

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    sale_no: str = Field(sa_column=_text())
    kind: str = Field(sa_column=_text())
    product_code: str = Field(sa_column=_text())
    product_version: int
    reference: str = Field(sa_column=_text())
    recorded_by: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_moment())


class SuitabilityCheck(Base, table=True):
    """One answer of the gate with all that it was made of, so that it can be made again."""

    __tablename__: ClassVar[str] = "suitability_check"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('allow', 'needs', 'deny')", name="outcome"),
        sa.Index("ix_suitability_check_customer_id", "customer_id", "checked_at"),
        sa.Index("ix_suitability_check_product_code", "product_code", postgresql_where=sa.text("outcome = 'allow'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    product_code: str = Field(sa_column=_text())
    sale_no: str | None = Field(default=None, sa_column=_text(nullable=True))
    outcome: str = Field(sa_column=_text())
    # Any: the answer's items and `rules.values.Question` as JSON
    items: list[dict[str, Any]] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    inputs: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    policy_version: int
    logic_version: int
    moment: datetime = Field(sa_column=_moment())
    checked_by: str = Field(sa_column=_text())
    checked_at: datetime = Field(sa_column=_moment())
