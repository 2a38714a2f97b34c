"""What `compliance` tells: alerts of the watch, locks on sales, freeze requests; risk assessments, recordings, advice that
no longer fits."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.events.base import Code, Event
from contracts.values import Fen, RiskLevel, SignalKind, Tolerance


class OfAnAlert(Event):
    """What every event of an alert names."""

    alert_id: UUID
    customer_id: UUID
    signal_id: UUID
    kind: SignalKind


class AlertOpened(OfAnAlert):
    """A suspicious outflow or a high-risk streak needs a confirmed contact by `due_at` (H25, H26). It carries day, amount
    and ids; whoever shows the last digits of an account asks `profile` for them at that moment."""

    type: ClassVar[str] = "compliance.alert.opened.v1"
    key: ClassVar[str] = "alert_id"

    day: date
    amount_fen: Fen | None = None
    account_ids: tuple[UUID, ...] = ()
    raised_at: datetime
    due_at: datetime
    owner: Literal["staff", "branch", "compliance"]
    owner_no: Code | None = Field(default=None, description="Staff number or branch code of the owner.")
    branch: Code | None = None


class AlertRungReached(OfAnAlert):
    """A share of the time is over without a confirmed contact: the owner is reminded, the branch manager told, or the
    alert escalated. `reason` says why an escalation came (`overdue`, `unreachable`)."""

    type: ClassVar[str] = "compliance.alert.rung.v1"
    key: ClassVar[str] = "alert_id"

    percent: int | None = Field(description="The rung of the clock; None for an escalation that did not wait for one.")
    step: Literal["remind", "manager", "escalate"]
    audience: tuple[Code, ...]
    owner: Literal["staff", "branch", "compliance"]
    owner_no: Code | None = None
    branch: Code | None = None
    reason: Code | None = None


class AlertContacted(OfAnAlert):
    """The customer was reached: the clock has stopped, and nobody else needs to call. The outcome is still to come."""

    type: ClassVar[str] = "compliance.alert.contacted.v1"
    key: ClassVar[str] = "alert_id"

    contacted_at: datetime


class AlertEnded(OfAnAlert):
    """An alert is closed: explained, fraud suspected, a re-assessment offered, or announced beforehand."""

    type: ClassVar[str] = "compliance.alert.closed.v1"
    key: ClassVar[str] = "alert_id"

    outcome: Code
    reason: Code | None = None
    closed_at: datetime


class SaleLockChanged(Event):
    """Sales of high-risk products to a customer are locked, or free again (H26)."""

    type: ClassVar[str] = "compliance.sale_lock.changed.v1"
    key: ClassVar[str] = "lock_id"

    lock_id: UUID
    customer_id: UUID
    version: int
    cause: Code
    alert_id: UUID
    locked: bool
    at: datetime


class FreezeChanged(Event):
    """A freeze request to the core bank was made, taken by it, or given up after its last attempt."""

    type: ClassVar[str] = "compliance.freeze.changed.v1"
    key: ClassVar[str] = "freeze_id"

    freeze_id: UUID
    customer_id: UUID
    version: int
    alert_id: UUID
    state: Literal["queued", "delivered", "failed"]
    attempts: int


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
    reason: Code


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
    product_code: Code
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
    sale_no: Code
    product_code: Code
    attempt: int
    script_version: int


class PromptAcknowledged(Event):
    """An older customer acknowledged the extra risk prompt for a sale (H24)."""

    type: ClassVar[str] = "compliance.prompt.acknowledged.v1"
    key: ClassVar[str] = "care_id"

    care_id: UUID
    customer_id: UUID
    sale_no: Code
    product_code: Code
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
    sale_no: Code


class SaleWithdrawn(Event):
    """An older customer withdrew from a sale before its cooling-off was over."""

    type: ClassVar[str] = "compliance.sale.withdrawn.v1"
    key: ClassVar[str] = "care_id"

    care_id: UUID
    customer_id: UUID
    sale_no: Code
    product_code: Code
