"""Questions to the gate and its answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.values import Channel
from services.compliance.suitability.rules.values import Approach, Effect, Initiative, Outcome
from services.compliance.suitability.schemas.words import AmountFen, Body, ProductCode, SaleNo, StaffNo

MOST_PARTS = 20


class PartIn(Body):
    """What is sold together with the product."""

    product_code: ProductCode
    amount_fen: AmountFen


class PremiumIn(Body):
    """What an insurance costs; of the two premiums at least one."""

    single_premium_fen: AmountFen | None = None
    yearly_premium_fen: AmountFen | None = None
    years_of_payment: int = Field(default=0, ge=0, le=100)


class SaleIn(Body):
    """A sale to be checked. No word for professional investors: every natural person is an ordinary one (art. 26 to 28)."""

    product_code: ProductCode
    amount_fen: AmountFen
    channel: Channel
    initiative: Initiative = Field(description="Who brought the product up (art. 13).")
    approach: Approach = Field(
        default=Approach.INDIVIDUAL, description="Whether the customer is met as one of a segment (art. 30)."
    )
    seller_no: StaffNo | None = Field(default=None, description="Who sells; none in the customer's own app.")
    sale_no: SaleNo | None = Field(default=None, description="Finds the sale's recording, care and papers.")
    moment: AwareDatetime | None = Field(
        default=None, description="The moment of the sale; now unless given. Later steps do not count."
    )
    portfolio: list[PartIn] = Field(default_factory=list, max_length=MOST_PARTS, description="The whole counts (art. 22).")
    insurance: PremiumIn | None = None


class CheckIn(SaleIn):
    """The same with its customer."""

    customer_id: UUID


class ItemOut(BaseModel):
    """What one rule found."""

    rule: str = Field(examples=["risk-above-tolerance"])
    effect: Effect
    rule_version: int = Field(description="Version of the gate's policy that the rule was read from.")
    clause: str = Field(
        description="Article of Order 7 of 2025 unless named otherwise, or the handbook's number.", examples=["art. 12"]
    )
    zh: str
    en: str
    fix: str = Field(description="How to satisfy it.")
    evidence: dict[str, int | str] = Field(description="Ids, days, levels, amounts in fen.")


class AnswerOut(BaseModel):
    """The gate's answer: allow, deny, or what it needs first."""

    check_id: UUID
    outcome: Outcome
    needs: list[str] = Field(
        description="The rules that are still to be satisfied, in order.", examples=[["recording", "cooling-off"]]
    )
    items: list[ItemOut]
    policy_version: int


class CheckOut(AnswerOut):
    """An answer as it was kept, with all that it was made of."""

    customer_id: UUID
    product_code: str
    sale_no: str | None
    moment: datetime
    checked_by: str
    checked_at: datetime
    logic_version: int
    inputs: dict[str, Any] = Field(description="What the rules were given.")  # Any: `rules.values.Question` as JSON


class ReplayOut(BaseModel):
    """The answer made again from what was kept and the policy of that time."""

    same: bool
    outcome: Outcome
    items: list[ItemOut]
    policy_version: int
    logic_then: int = Field(description="Version of the rules' logic that answered first.")
    logic_now: int
