"""What `tiering` tells: a customer's tier changed."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.events.base import Code, Event
from contracts.values import Tier


class TierChanged(Event):
    """A customer entered a tier (H2 to H4), with the reason that decided and the package that comes with it."""

    type: ClassVar[str] = "tiering.tier.changed.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    version: int
    tier: Tier
    previous: Tier | None
    reason: Code = Field(description="Code of the policy row that decided, for example `vip.assets`.")
    policy_version: int
    as_of: date
    decided_at: datetime
    package: Code = Field(description="Code of the service package that comes with the tier (H5 to H7).")
