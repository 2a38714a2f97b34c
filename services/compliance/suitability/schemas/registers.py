"""The registers that the gate reads."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import ProductClass, RiskLevel
from services.compliance.suitability.rules.values import Capacity, EvidenceKind, InsuranceNeed
from services.compliance.suitability.schemas.words import AmountFen, Body, ProductCode

_Needs = Annotated[list[InsuranceNeed], Field(max_length=len(InsuranceNeed))]
_Reference = Annotated[UUID, Field(description="Id of the document in the bank's archive.")]


class RatingIn(Body):
    """A product's rating by issuer and seller; the higher counts (art. 22)."""

    product_class: ProductClass
    issuer_level: RiskLevel | None = None
    seller_level: RiskLevel | None = None
    private: bool = Field(default=False, description="Offered to qualified investors only (art. 30).")
    covers: _Needs = Field(default_factory=list, description="The needs that an insurance answers (art. 35).")
    effective_from: date = Field(description="First day (Asia/Shanghai); today or later.")


class RatingOut(BaseModel):
    """One version of a product's rating."""

    product_code: str
    version: int
    product_class: ProductClass
    issuer_level: RiskLevel | None
    seller_level: RiskLevel | None
    level: RiskLevel | None = Field(description="The higher of the two; it counts and is shown (art. 22).")
    private: bool
    covers: list[InsuranceNeed]
    effective_from: date
    rated_by: str
    rated_at: datetime


class RatingsOut(BaseModel):
    """The rating in effect and the latest versions."""

    in_effect: RatingOut
    versions: list[RatingOut]


class QualificationIn(Body):
    """What a member of staff may sell, both days included (art. 16)."""

    product_class: ProductClass
    valid_from: date
    valid_until: date


class QualificationOut(BaseModel):
    """An entry of the register of sellers."""

    id: UUID
    staff_no: str
    product_class: ProductClass
    valid_from: date
    valid_until: date
    recorded_by: str
    recorded_at: datetime


class CapacityIn(Body):
    """A customer's legal capacity, with the document that shows it (art. 19)."""

    capacity: Capacity
    reference: _Reference


class InvestorIn(Body):
    """Evidence that the customer is a qualified investor, both days included (art. 30)."""

    basis: Literal["assets", "income", "net_assets"]
    reference: _Reference
    valid_from: date
    valid_until: date


class AnalysisIn(Body):
    """What a family needs of insurance and can pay in a year (art. 35, 39)."""

    needs: Annotated[list[InsuranceNeed], Field(min_length=1, max_length=len(InsuranceNeed))]
    family_income_fen: AmountFen
    budget_fen: AmountFen


class PaperIn(Body):
    """Steps of the sale that left one paper together, such as all notices in one document."""

    kinds: Annotated[list[EvidenceKind], Field(min_length=1, max_length=len(EvidenceKind))]
    product_code: ProductCode
    reference: _Reference


class PaperOut(BaseModel):
    """Evidence of a step, for one version of the product's rating."""

    id: UUID
    kind: EvidenceKind
    product_code: str
    product_version: int
    reference: UUID
    recorded_by: str
    recorded_at: datetime


class EntryOut(BaseModel):
    """The id of what was recorded."""

    id: UUID
