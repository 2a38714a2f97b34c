"""HTTP shapes of a simulation."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import Tier
from services.tiering.document import Text


class EffectsOut(BaseModel):
    """Customers by what would happen to them. `waits`: a grace period would begin, or go on, before they go down."""

    customers: int
    up: int
    down: int
    waits: int
    stays: int


class MoveOut(BaseModel):
    """Customers who would go the same way for the same reason, with some of them as examples."""

    effect: str = Field(examples=["up", "down", "waits"])
    previous: Tier
    tier: Tier = Field(description="The tier that they get; for who waits, the tier of the row that fires.")
    reason: str = Field(examples=["potential.growth"])
    because: Text
    customers: int
    examples: list[UUID]


class BranchOut(EffectsOut):
    """The same for one branch."""

    branch: str


class SimulationOut(EffectsOut):
    """What deciding about everybody under a version would do now. Nothing of any customer was written."""

    version: int
    digest: str
    currency: str
    as_of: date | None = Field(description="Latest day of the measures; null where nobody has measures in this currency.")
    by_hand: int = Field(description="Customers under a tier given by hand, who stay where they are.")
    moves: list[MoveOut] = Field(description="The largest first.")
    branches: list[BranchOut] = Field(description="By name; only branches where somebody would move or wait.")
