"""HTTP shapes of tiers given by hand."""

from datetime import date, datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.values import Tier
from services.tiering.document import Text


class ManualIn(BaseModel):
    """A tier that somebody asks for, with a reason code of the list and the moment at which it ends by itself."""

    tier: Tier
    code: str = Field(max_length=41, examples=["key-relationship"])
    until: AwareDatetime


class ManualOut(BaseModel):
    """A tier asked for or given by hand."""

    id: UUID
    customer_id: UUID
    tier: Tier
    code: str
    until: datetime
    state: str = Field(examples=["requested", "active", "rejected", "ended"])
    requested_by: str
    requested_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None


class ManualReasonOut(BaseModel):
    """A reason for which a tier may be given by hand, and for how many days at most."""

    code: str
    source: str
    name: Text
    longest_days: int


class ManualReasonsOut(BaseModel):
    """The list of reasons in use."""

    version: int
    effective_from: date
    reasons: list[ManualReasonOut]
