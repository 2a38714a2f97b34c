"""The gate's policy as values: every threshold, and every rule's clause and wording. Read from a document, never from code."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.values import BasisPoints, Channel, ProductClass, RiskLevel
from services.compliance.suitability.rules.values import EvidenceKind

_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Words:
    """A rule as people read it: the clause it follows from, what it says, and how to satisfy it."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    zh: str
    en: str
    fix: str


@dataclass(frozen=True, slots=True)
class AssessmentPolicy:
    """How long an assessment holds and how often there may be one (art. 29); reminders in days before it ends (H22)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    valid_months: int
    most_per_day: int
    most_per_period: int
    period_months: int
    remind_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MeansPolicy:
    """From which share of assets and of yearly income an amount is plainly out of proportion (art. 12)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    assets_share_bp: BasisPoints
    income_share_bp: BasisPoints


@dataclass(frozen=True, slots=True)
class CapacityPolicy:
    """Ages of full and limited capacity, and the highest level for limited capacity (art. 19)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    full_from_age: int
    limited_from_age: int
    limited_highest: RiskLevel


@dataclass(frozen=True, slots=True)
class OlderPolicy:
    """From which age which levels need special care (H24; art. 18)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    from_age: int


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """Which sales are recorded (H21; art. 17)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    classes: frozenset[ProductClass]
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class InsurancePolicy:
    """When a signed declaration is asked for (art. 39)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    clause: str
    single_premium_income_bp: BasisPoints
    yearly_premium_income_bp: BasisPoints
    age_and_years: int
    budget_bp: BasisPoints


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The whole policy. `outside` are the classes that the law leaves out (art. 3)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    outside: frozenset[ProductClass]
    high_risk: frozenset[RiskLevel]
    assessment: AssessmentPolicy
    means: MeansPolicy
    capacity: CapacityPolicy
    older: OlderPolicy
    recording: RecordingPolicy
    insurance: InsurancePolicy
    notices: dict[ProductClass, tuple[EvidenceKind, ...]]
    rules: dict[str, Words]
