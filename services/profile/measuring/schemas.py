"""HTTP shapes of measures, signals, their rules and runs."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.events.profile import Assets
from contracts.values import LifeStage, NeedType, ProductClass, RelationStage, SignalKind, SignalVerdict
from services.profile.measuring.definitions import Definition
from services.profile.measuring.rules_language.documents import Name


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MeasuresOut(BaseModel):
    """The four dimensions of H1 at the end of a day. Definitions: GET /v1/measures/definitions."""

    customer_id: UUID
    as_of: date
    version: int | None = Field(description="Of the published event; null for a day computed afterwards.")
    data_complete_to: date | None = Field(
        description="Day up to which the feed was complete at the computation; null: nobody said."
    )
    stale: bool = Field(description="The feed was complete to an earlier day only: what came later may change these.")
    currency: str
    assets_30: int = Field(description="Average daily financial assets of 30 days, fen.")
    assets_90: int
    assets_180: int
    household_30: int | None = Field(description="The same of the whole household.")
    household_90: int | None
    household_180: int | None
    assets_by_class: dict[ProductClass, Assets] | None
    growth_180_bp: int | None
    contribution_fen: int
    dealings_90: int
    dealings_growth_180_bp: int | None
    logins_90: int
    channels_90: int
    payroll: bool
    products: list[ProductClass]
    need: NeedType
    life_stage: LifeStage
    relation_stage: RelationStage
    history_days: int
    age: int


class DefinitionsOut(BaseModel):
    """What each measure is."""

    items: list[Definition]


class SignalOut(BaseModel):
    """A need or an event found in the data, with its evidence, and what staff said of it."""

    signal_id: UUID
    kind: SignalKind
    rule: str
    rule_version: int = Field(description="0 is the rule that comes with the service.")
    as_of: date
    confidence_bp: int
    evidence: dict[str, object]
    verdict: SignalVerdict | None
    reason: str | None


class SignalCountOut(BaseModel):
    """Signals of one kind."""

    kind: SignalKind
    signals: int
    customers: int
    as_of: date


class VerdictIn(_In):
    """What a member of staff says of a signal."""

    verdict: SignalVerdict
    reason: Literal["acted_on", "confirmed", "plausible", "not_true", "already_known", "explained", "not_now", "other"]


class VerdictOut(BaseModel):
    """What was said, by whom and when."""

    signal_id: UUID
    verdict: SignalVerdict
    reason: str
    judged_by: str
    judged_at: datetime


class PrecisionOut(BaseModel):
    """How a rule does in the eyes of staff: `precision_bp` is accepted over judged, in basis points; null while none is."""

    rule: str
    kind: SignalKind
    raised: int
    accepted: int
    dismissed: int
    open: int
    precision_bp: int | None


class RuleIn(_In):
    """A new version of a signal rule, in the language of docs/signals.md."""

    rule: Name = Field(examples=["payroll"])
    effective_from: date
    document: dict[str, Any]  # Any: read and checked by the language itself, which names rule and place


class RuleOut(BaseModel):
    """A version of a rule. Version 0 comes with the service and has no drafter."""

    version: int
    rule: str
    effective_from: date | None
    drafted_by: str | None
    drafted_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    document: dict[str, Any]  # Any: the JSON document


class RulesOut(BaseModel):
    """The rules in force today, and all versions of the bank's own, latest first."""

    in_force: list[RuleOut]
    versions: list[RuleOut]
    next: str | None


class WatermarkIn(_In):
    """The last day of which everything is in."""

    day: date


class WatermarkOut(BaseModel):
    """The day that holds: a day before the one told last changes nothing."""

    day: date


class RunIn(_In):
    """The day to compute; yesterday when left out."""

    as_of: date | None = None
    wait_for_feed: bool = Field(default=False, description="Begin only when the load watermark has reached the day.")


class RunOut(BaseModel):
    """A computation of measures and signals."""

    run_id: UUID
    as_of: date
    state: Literal["waiting", "running", "done"]
    customers: int
    published: int
    signals: int
    started_at: datetime
    finished_at: datetime | None
