"""The care for a sale of a high-risk product to a customer of 65 or more (H24; Order 7 of 2025 art. 14, 18, 46).

The prompt is shown, the customer acknowledges it, staff read it back, a second person confirms, and hours pass before the
sale may go on. What of this a sale needs is data (`policies/care/older_care.yaml`); `lacking` says what is still to come.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.values import RiskLevel, RuleBroken


class CareNeed(StrEnum):
    """What a sale still lacks, in the order in which it is done."""

    PROMPT = "older-prompt"
    ACKNOWLEDGEMENT = "older-acknowledgement"
    READ_BACK = "older-read-back"
    TRUSTED_CONTACT = "older-trusted-contact"
    SECOND_PERSON = "older-second-person"
    COOLING_OFF = "cooling-off"


class CareStepKind(StrEnum):
    """What can happen in the care for a sale."""

    PROMPTED = "prompted"
    ACKNOWLEDGED = "acknowledged"
    READ_BACK = "read_back"
    TRUSTED_CONTACT = "trusted_contact"
    SECOND_PERSON = "second_person"
    WITHDRAWN = "withdrawn"


class AcknowledgementWay(StrEnum):
    """How the customer answered the prompt."""

    CLICK = "click"
    OWN_WORDS = "own_words"


class SaleChannel(StrEnum):
    """Where the sale takes place; online flows embed the same care (art. 46)."""

    BRANCH = "branch"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class CareFacts:
    """How the care for one sale stands. Times are UTC; None: has not happened."""

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    risk_level: RiskLevel
    channel: SaleChannel
    prompt_version: int
    actors: frozenset[str] = frozenset()
    prompted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by_words: bool = False
    recording_id: UUID | None = None
    read_back_at: datetime | None = None
    trusted_contact_at: datetime | None = None
    trusted_contact_ref: UUID | None = None
    second_person_at: datetime | None = None
    cooling_off_until: datetime | None = None
    withdrawn_at: datetime | None = None
