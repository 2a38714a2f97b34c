"""HTTP shapes of outreach. Texts come in simplified Chinese and English; moments carry a zone, days are Asia/Shanghai."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import Channel, Tier
from services.outreach.rules.cadence import Text
from services.outreach.rules.revision import State


class Origin(StrEnum):
    """What a contact comes from: the cadence of the tier, or a signal or life event."""

    OBLIGATION = "obligation"
    WISH = "wish"


class RuleOut(BaseModel):
    """A rule and what it says."""

    rule: str = Field(examples=["deferred"])
    text: Text


class BypassOut(RuleOut):
    """The named exception for urgent risk, and the rules that it set aside (H25)."""

    bypassed: list[str] = Field(examples=[["quiet_hours", "day_cap"]])


class KindOut(BaseModel):
    """A kind of contact, and the requirement that asks for it."""

    code: str = Field(examples=["deep_talk"])
    text: Text
    source: str = Field(examples=["H10"])


class WhyOut(BaseModel):
    """Why this contact, on this day, over this channel. `signal_id` names the signal, where one asked for it."""

    origin: Origin
    text: Text
    signal_id: UUID | None
    placed: RuleOut
    channel: RuleOut
    calendar: RuleOut
    bypass: BypassOut | None


class ContactOut(BaseModel):
    """A planned contact. Nothing has been sent."""

    contact_id: UUID
    kind: KindOut
    period: str = Field(description="The period of the obligation, or the occasion of the wish.", examples=["2026-11"])
    channel: Channel
    channel_text: Text
    day: date
    at: datetime
    why: WhyOut


class WaitingOut(BaseModel):
    """Something owed or wished for that has no contact, and the rule that stands in the way."""

    kind: KindOut
    period: str
    origin: Origin
    first: date
    last: date
    why: RuleOut


class PlanOut(BaseModel):
    """The contacts of one customer from `first` to `last`, and what waits without one (H10, H11)."""

    customer_id: UUID
    tier: Tier | None
    plan_version: int
    policy_version: int
    first: date
    last: date
    contacts: list[ContactOut]
    waiting: list[WaitingOut]


class ObligationOut(BaseModel):
    """What a tier owes a customer in a period. `why` is the rule that keeps it from being planned, or ended it."""

    obligation_id: UUID
    kind: KindOut
    period: str
    tier: Tier
    first: date
    last: date
    target: date
    state: State
    state_text: Text
    why: RuleOut | None
    changed_at: datetime


class WeekOut(BaseModel):
    """Contacts of one week, channel and tier. `bypasses` are among them: urgent ones that broke a rule by name."""

    week: int = Field(description="1 is the week that begins today.")
    first: date
    last: date
    channel: Channel
    tier: Tier
    contacts: int
    bypasses: int
    calendar_unpublished: int


class UnplacedOut(RuleOut):
    """How many obligations and wishes wait for the same reason."""

    origin: Origin
    kind: str
    count: int


class PlanSummaryOut(BaseModel):
    """The plan of the whole bank or of a branch: contacts by week, channel and tier; what waits, by reason."""

    branch: str | None
    first: date
    last: date
    recipients: int
    contacts: int
    bypasses: int
    weeks: list[WeekOut]
    waiting: list[UnplacedOut]


class RunOut(BaseModel):
    """A run over everybody, and what it did so far. `unplaced` counts what was newly left without a contact, by rule."""

    id: UUID
    cause: str = Field(examples=["requested"])
    requested_by: str
    policy_version: int
    customers: int
    planned: int
    withdrawn: int
    missed: int
    unplaced: dict[str, int]
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class CalendarOut(BaseModel):
    """The calendar of holidays in use: days outside `first` to `last` are planned under a flag."""

    name: str
    version: int
    source: str
    first: date
    last: date
    days_off: dict[date, str]
    working_days: list[date]
