"""What the routes on entitlements take and answer."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.events.base import Code
from contracts.values import Tier
from services.tiering.document import Text
from services.tiering.packages import Debtor
from services.tiering.rules.periods import Every


class EntitlementOut(BaseModel):
    """A service of the customer's package. One that is `always` there is given, has no id and no period."""

    service: str
    name: Text
    owed_by: Debtor
    every: Every
    state: Literal["given", "due", "missed", "upcoming"] = Field(
        description="upcoming: the tier was entered too late in the period; it is owed from the next one on."
    )
    id: UUID | None
    package_version: int
    period_from: date | None
    period_to: date | None = Field(description="The first day after the period (Asia/Shanghai).")
    given_at: datetime | None
    reference: str | None
    missed_in_all: int = Field(description="How often this service was missed.")


class EntitlementsOut(BaseModel):
    """What the customer's tier brings (H5 to H7), each with its state, who owes it and until when."""

    customer_id: UUID
    tier: Tier
    package: str
    entitlements: list[EntitlementOut]


class GivenIn(BaseModel):
    """That a service was given."""

    reference: Code = Field(description="Code of what shows it: a visit, a parcel, a report. No personal data.")


class EntitlementCountOut(BaseModel):
    """Entitlements of one service in one branch."""

    branch: str
    tier: Tier
    service: str
    given: int
    due: int
    missed: int
    ended: int = Field(description="Due ones that ended with the tier.")


class EntitlementSummaryOut(BaseModel):
    """Entitlements by branch and service. `branch` is set where the caller sees one branch only."""

    branch: str | None
    counts: list[EntitlementCountOut]
