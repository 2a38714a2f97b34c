"""What `compliance` tells: risk assessments, ratings, and advice that no longer fits."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.events.base import Event
from contracts.values import RiskLevel, Tolerance


class AssessmentCompleted(Event):
    """A risk assessment of a customer counts from now on (H22); a changed result was confirmed again."""

    type: ClassVar[str] = "compliance.assessment.completed.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    version: int
    assessment_id: UUID
    level: Tolerance
    previous: Tolerance | None
    assessed_on: date
    valid_until: date = Field(description="The first day on which it does not hold any more.")
    questionnaire_version: int


class AssessmentEnded(Event):
    """A risk assessment ended before its time, because the customer's circumstances changed."""

    type: ClassVar[str] = "compliance.assessment.ended.v1"
    key: ClassVar[str] = "assessment_id"

    assessment_id: UUID
    customer_id: UUID
    reason: str


class AssessmentExpiring(Event):
    """A risk assessment ends in so many days (H22: every year)."""

    type: ClassVar[str] = "compliance.assessment.expiring.v1"
    key: ClassVar[str] = "assessment_id"

    assessment_id: UUID
    customer_id: UUID
    days_left: int
    valid_until: date


class AdviceChanged(Event):
    """A product was rated anew, and a customer to whom it was allowed is told something else now (Order 7 art. 22)."""

    type: ClassVar[str] = "compliance.advice.changed.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    product_code: str
    rating_version: int
    previous_level: RiskLevel | None
    level: RiskLevel | None
    fits: bool = Field(description="Whether the customer's assessment in force still covers the product.")


class RecordingCompleted(Event):
    """The double recording (双录, H21) of a sale is complete and its quality check passed."""

    type: ClassVar[str] = "compliance.recording.completed.v1"
    key: ClassVar[str] = "recording_id"

    recording_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    attempt: int
    script_version: int


class PromptAcknowledged(Event):
    """An older customer acknowledged the extra risk prompt for a sale (H24)."""

    type: ClassVar[str] = "compliance.prompt.acknowledged.v1"
    key: ClassVar[str] = "care_id"

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    risk_level: RiskLevel
    own_words: bool
    document_version: int
    cooling_off_until: datetime


class CoolingOffEnded(Event):
    """The hours in which an older customer could withdraw from a sale are over (Order 7 art. 18)."""

    type: ClassVar[str] = "compliance.cooling_off.ended.v1"
    key: ClassVar[str] = "care_id"

    care_id: UUID
    customer_id: UUID
    sale_no: str


class SaleWithdrawn(Event):
    """An older customer withdrew from a sale before its cooling-off was over."""

    type: ClassVar[str] = "compliance.sale.withdrawn.v1"
    key: ClassVar[str] = "care_id"

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
