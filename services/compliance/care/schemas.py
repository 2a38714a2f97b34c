"""HTTP shapes of the care for older customers. Own words come in and are never given out again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from contracts.values import RiskLevel
from services.compliance.care.documents import PromptLines, PromptText
from services.compliance.care.rules.values import AcknowledgementWay, CareNeed, SaleChannel
from services.compliance.recording.schemas import ProductCode, SaleNo, StaffNo

SalePath = Annotated[SaleNo, Path()]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptIn(_In):
    """The sale for which the prompt is shown."""

    product_code: ProductCode
    risk_level: RiskLevel
    channel: SaleChannel
    seller: StaffNo | None = Field(default=None, description="Who sells, where somebody does.")
    large_type: bool = Field(default=False, description="Shown in the large-type variant.")


class AcknowledgementIn(_In):
    """The customer's answer. Own words are judged and not kept."""

    way: AcknowledgementWay
    words: str | None = Field(default=None, min_length=1, max_length=500)
    recording_id: UUID | None = Field(default=None, description="Where staff note it: the recording that holds the answer.")


class TrustedContactIn(_In):
    """Whom the customer trusts, by the reference under which their profile keeps that person; never a number or name."""

    contact_ref: UUID


class PromptShown(BaseModel):
    """What the customer reads: the text, its large-type variant, the question (H24) and the button."""

    clause: str
    text: PromptText
    large_type: PromptLines
    question: PromptText
    button: PromptText
    reading_seconds: int


class CareOut(BaseModel):
    """How the care for a sale stands; `lacking` is what it still needs now, in its order."""

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    risk_level: RiskLevel
    channel: SaleChannel
    document_version: int
    prompted_at: datetime | None
    acknowledged_at: datetime | None
    own_words: bool
    read_back_at: datetime | None
    trusted_contact_at: datetime | None
    second_person_at: datetime | None
    cooling_off_until: datetime | None
    withdrawn_at: datetime | None
    lacking: list[CareNeed]


class PromptOut(CareOut):
    """The care, and the prompt to show."""

    prompt: PromptShown
