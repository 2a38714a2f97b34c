"""HTTP shapes of the watch. Amounts are in fen, moments carry a zone, days are Asia/Shanghai."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import Channel, Fen, SignalKind
from services.compliance.watch.policy import NoticePart, Text
from services.compliance.watch.rules import AlertOutcome, ContactResult, Escalation, Owner, Step

Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
StaffNo = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]


class AlertRow(BaseModel):
    """An alert in a list. `overdue` tells that its time ran out without a confirmed contact."""

    alert_id: UUID
    customer_id: UUID
    signal_id: UUID
    kind: SignalKind
    branch: str | None
    owner: Owner
    owner_no: str | None = Field(description="Staff number or branch code of the owner.")
    day: date
    amount_fen: Fen | None
    raised_at: datetime
    due_at: datetime
    contacted_at: datetime | None
    escalated_at: datetime | None
    escalation: Escalation | None
    closed_at: datetime | None
    outcome: AlertOutcome | None
    reason: str | None
    overdue: bool


class RungOut(BaseModel):
    """A rung of the clock that was reached."""

    percent: int
    step: Step
    text: Text
    fired_at: datetime


class ContactOut(BaseModel):
    """An attempt to reach the customer."""

    contact_id: UUID
    channel: Channel
    result: ContactResult
    made_by: str
    at: datetime


class FreezeOut(BaseModel):
    """The freeze request to the core bank, and what the customer is told about it (Anti-Telecom-Fraud Law art. 18, 32)."""

    freeze_id: UUID
    state: str = Field(examples=["queued", "delivered", "failed"])
    attempts: int
    last_answer: str | None
    requested_at: datetime
    ended_at: datetime | None
    notice: NoticePart


class AlertOut(AlertRow):
    """An alert with its clock, attempts and script. `{last_four}` in the script stands for the last digits of the account in
    `account_ids`, which profile shows masked."""

    account_ids: list[UUID]
    count: int
    policy_version: int
    source: str = Field(examples=["H25"])
    script: Text
    outcomes: list[AlertOutcome] = Field(description="How this alert may end; empty when it has.")
    reasons: dict[str, Text]
    rungs: list[RungOut]
    contacts: list[ContactOut]
    freeze: FreezeOut | None


class OwnerIn(BaseModel):
    """Who takes the alert over."""

    staff_no: StaffNo


class ContactIn(BaseModel):
    """An attempt to reach the customer, just made."""

    channel: Channel
    result: ContactResult


class OutcomeIn(BaseModel):
    """How the alert ends. `reason` goes with `explained`, `advice_given` with `reassessment_offered`."""

    outcome: AlertOutcome
    reason: Code | None = None
    advice_given: bool = False


class AnnouncementIn(BaseModel):
    """An outflow that the customer announced to a member of staff."""

    purpose: Code
    first: date
    last: date
    up_to_fen: Fen = Field(ge=1, le=10**15)


class AnnouncementOut(AnnouncementIn):
    """An announcement, and how much of it was used."""

    announcement_id: UUID
    used_fen: Fen
    announced_at: datetime


class CauseOut(BaseModel):
    """The alerts of one kind. Shares are basis points: in time of those that were contacted, closed or ran out; false alarms
    (explained) of those that were closed after a look. Times run from the signal to the confirmed contact."""

    kind: SignalKind
    alerts: int
    announced: int
    open: int
    contacted: int
    escalated: int
    explained: int
    fraud_suspected: int
    reassessment_offered: int
    within_time_bp: int | None
    false_alarms_bp: int | None
    p50_seconds: int | None
    p90_seconds: int | None
    max_seconds: int | None


class AlertSummary(BaseModel):
    """The watch in numbers, for alerts raised on the days `first` to `last`, of a branch or the bank."""

    branch: str | None
    first: date
    last: date
    causes: list[CauseOut]
