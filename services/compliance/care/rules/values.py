"""The values of the care for older customers: what can be needed, what can happen, how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.values import RiskLevel


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
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CarePolicy:
    """A version of what is due: `needs` by risk level and channel, `cooling_off` by risk level; other levels need nothing.

    `affirmations` and `denials` are what own words must hold, and may not.
    """

    version: int
    reading: timedelta
    needs: Mapping[tuple[RiskLevel, SaleChannel], frozenset[CareNeed]]
    cooling_off: Mapping[RiskLevel, timedelta]
    affirmations: tuple[str, ...]
    denials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CareStep:
    """One step of the care. `by_customer`: the customer's own capability; `ended`: when cooling-off ends, at acknowledging."""

    kind: CareStepKind
    at: datetime
    actor: str
    by_customer: bool
    way: AcknowledgementWay | None = None
    recording_id: UUID | None = None
    contact_ref: UUID | None = None
    cooling_off_until: datetime | None = None
