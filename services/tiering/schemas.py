"""HTTP shapes of tiering."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import Tier
from services.tiering.document import Text
from services.tiering.packages import Package
from services.tiering.rules import Measures
from services.tiering.rules.facts import Value


class AutomaticOut(BaseModel):
    """What the policy says, also where staff gave another tier. `grace_until`: the moment of a pending downgrade."""

    tier: Tier
    reason: str = Field(examples=["vip.assets", "downgrade.grace"])
    because: Text
    source: str = Field(examples=["H2"])
    grace_until: datetime | None


class HeldByHandOut(BaseModel):
    """A tier given by staff, until its moment."""

    tier: Tier
    code: str = Field(examples=["key-relationship"])
    because: Text
    until: datetime


class TierOut(BaseModel):
    """What a customer stands at, and why. `dimensions` are the four of H1.

    `reason` is the code of the policy's row, `downgrade.grace` or `manual.<code>`; `fired` is always the code of the row.
    """

    customer_id: UUID
    tier: Tier
    name: Text
    reason: str = Field(examples=["vip.assets"])
    because: Text
    source: str = Field(examples=["H2"])
    package: str = Field(examples=["vip.one-plus-n"])
    fired: str = Field(examples=["vip.assets"])
    grace_until: datetime | None = Field(description="End of the grace period, while a lower tier is pending.")
    automatic: AutomaticOut
    manual: HeldByHandOut | None
    policy_version: int
    policy_digest: str
    decision: int = Field(description="Number of the latest decision in the history.")
    as_of: date = Field(description="Day of the measures.")
    since: datetime = Field(description="Since when the customer is in this tier.")
    decided_at: datetime
    dimensions: Measures


class DecisionOut(BaseModel):
    """One decision of the history."""

    number: int
    tier: Tier
    previous: Tier | None
    reason: str
    fired: str = Field(description="Reason code of the policy's row.")
    automatic: Tier
    grace_until: datetime | None
    manual: str | None = Field(description="Reason code of a tier given by hand.")
    policy_version: int
    policy_digest: str = Field(description="SHA-256 of the policy's canonical JSON.")
    as_of: date
    decided_at: datetime
    dimensions: Measures


class ReplayOut(BaseModel):
    """A stored decision, and what its inputs give under its policy now. `identical` is what an auditor looks for."""

    identical: bool
    differences: list[str] = Field(description="Names of the fields that differ.")
    policy_intact: bool = Field(description="The stored policy still has the digest under which it decided.")
    decision: DecisionOut


class Words(BaseModel):
    """The same in Chinese (simplified) and English, as long as it needs to be."""

    zh: str
    en: str


class ConditionOut(Words):
    """One condition of a row, held against the customer's value. Amounts are fen, growth is basis points."""

    fact: str = Field(examples=["assets_90_fen"])
    condition: str = Field(examples=["> 50000000"])
    value: Value
    holds: bool


class RowOut(BaseModel):
    """One row of the policy, in order; the last one listed is the one that fired."""

    reason: str
    tier: Tier
    fired: bool
    conditions: list[ConditionOut]


class ExplanationOut(Words):
    """Why the customer has this tier: a sentence in each language, every row up to the one that fired, all four dimensions."""

    customer_id: UUID
    tier: Tier
    reason: str
    policy_version: int
    policy: Text
    as_of: date
    decided_at: datetime
    rows: list[RowOut]
    dimensions: Measures


class TierCountOut(BaseModel):
    """Customers of a tier with the same deciding reason under the same policy."""

    tier: Tier
    reason: str
    policy_version: int
    customers: int
    share_bp: int = Field(description="Share of all customers counted, in basis points.")
    as_of: date = Field(description="Latest day of measures among them.")


class TierSummaryOut(BaseModel):
    """Customers by tier with the reason that decided. `branch` is set where the caller sees one branch only."""

    branch: str | None
    customers: int
    tiers: dict[Tier, int]
    reasons: list[TierCountOut]


class PackagesOut(BaseModel):
    """The service packages in use (H5 to H7)."""

    version: int
    effective_from: date
    packages: list[Package]


class PolicyIn(BaseModel):
    """A new version of the tier policy. What the document must fulfil is checked at once and again at the approval."""

    effective_from: date = Field(description="First day (Asia/Shanghai) on which it decides.")
    document: dict[str, Any] = Field(  # Any: checked by `document.parse`, kept as sent
        description="title, currency, texts by reason code, and `table`: a JDM graph of one decision table."
    )


class PolicyOut(BaseModel):
    """A version of the policy, without its document."""

    version: int
    status: str = Field(examples=["draft", "published", "withdrawn", "rejected"])
    currency: str
    effective_from: date
    digest: str = Field(description="SHA-256 of the document's canonical JSON.")
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    closed_by: str | None = Field(description="Who withdrew or rejected the draft.")
    closed_at: datetime | None
    closed_because: str | None = Field(description="Why it was rejected.")


class RejectionIn(BaseModel):
    """Why a draft is rejected: words on the policy, never on a customer."""

    because: str = Field(min_length=3, max_length=500, examples=["Threshold for VIP not agreed with branches"])


class DifferenceOut(BaseModel):
    """One place that differs between two versions. Rows are named by their reason code."""

    place: str = Field(examples=["table.vip.assets.assets_90_fen"])
    kind: str = Field(examples=["added", "removed", "changed", "moved"])
    before: str | None
    after: str | None


class ChangesOut(BaseModel):
    """What a version changes in another one."""

    version: int
    against: int
    differences: list[DifferenceOut]


class PolicyDocumentOut(PolicyOut):
    """A version with its document."""

    document: dict[str, Any]  # Any: JSON as it was sent


class PoliciesOut(BaseModel):
    """What is in force today, for each currency, and a page of all versions, latest first."""

    in_force: list[PolicyDocumentOut]
    versions: list[PolicyOut]
    next: str | None = Field(default=None, description="Cursor of the following page of versions; null on the last.")


class RunOut(BaseModel):
    """A run over everybody. `note` says what it waits for; `seconds` runs from its first turn to its end."""

    id: UUID
    kind: str = Field(examples=["nightly", "requested", "policy"])
    day: date
    state: str = Field(examples=["waiting", "running", "done", "given_up"])
    note: str | None
    requested_by: str
    requested_at: datetime
    feed_day: date | None
    looks: int
    decided: int
    up: int
    down: int
    unchanged: int
    skipped: int = Field(description="Customers whose currency has no policy in force.")
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
