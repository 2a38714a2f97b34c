"""What `profile` tells: customers, measures, signals, consents, and how far the feed is complete."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.events.base import Code, Event, Part
from contracts.values import (
    Channel,
    ConsentPurpose,
    Fen,
    LifeStage,
    NeedType,
    ProductClass,
    RelationStage,
    SignalKind,
    SignalVerdict,
)


class CustomerState(Event):
    """The part of a customer's record that other services may hold: ids, codes and days, never a name or number."""

    customer_id: UUID
    version: int
    branch: Code
    birth_date: date
    sex: Code
    opened_on: date
    adviser_no: Code | None = None
    household_id: UUID | None = None
    occupation: Code | None = None


class CustomerRegistered(CustomerState):
    """A customer is new to the bank. `referral_code` is the code that the customer registered with, if any (H28)."""

    type: ClassVar[str] = "profile.customer.registered.v1"
    key: ClassVar[str] = "customer_id"

    referral_code: Code | None = None
    imported: bool = Field(default=False, description="True when the record came with a bulk load of existing customers.")


class CustomerChanged(CustomerState):
    """A customer's record changed; the event carries the whole new state."""

    type: ClassVar[str] = "profile.customer.changed.v1"
    key: ClassVar[str] = "customer_id"


class Assets(Part):
    """Average daily financial assets in fen over a window that ends on the measures' day."""

    days_30: Fen
    days_90: Fen
    days_180: Fen


class MeasuresComputed(Event):
    """The four dimensions of H1 for one customer on one day."""

    type: ClassVar[str] = "profile.measures.computed.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    version: int
    as_of: date
    branch: Code
    currency: Code
    assets: Assets
    growth_180_bp: int | None = Field(
        description="Average of the last 90 days over the average of the 90 days that ended 180 days earlier, less one, "
        "in basis points; None without both windows of history or with nothing to compare to (H3)."
    )
    contribution_fen: Fen = Field(description="Estimated yearly net contribution to the bank, in fen (H2).")
    dealings_90: int = Field(description="Transactions that the customer made in 90 days.")
    logins_90: int
    channels_90: int = Field(description="Different channels used in 90 days.")
    payroll: bool = Field(description="A salary or pension was paid in within 90 days.")
    products: tuple[ProductClass, ...]
    need: NeedType
    life_stage: LifeStage
    relation_stage: RelationStage
    history_days: int = Field(description="Days from the first known balance to `as_of`, both included.")
    age: int
    household: Assets | None = Field(
        default=None, description="The same averages over everybody of the household, customer included."
    )
    assets_by_class: dict[ProductClass, Assets] = Field(default_factory=dict, description="The customer's own averages by class.")
    dealings_growth_180_bp: int | None = Field(
        default=None,
        description="Dealings of the last 90 days over those of the 90 days that ended 180 days earlier, less one, in basis "
        "points; moves between own accounts and within the household left out. None without both windows of history (H3).",
    )
    data_complete_to: date | None = Field(
        default=None,
        description="Day up to which the core bank's feed was complete when this was computed; None where nobody said.",
    )
    stale: bool = Field(default=False, description="The feed was known to be complete to an earlier day than `as_of` only.")


class Evidence(Part):
    """Why a signal was raised: what was counted, over which days, with which amounts. Ids and numbers only."""

    window_from: date
    window_to: date
    counts: dict[Code, int] = Field(default_factory=dict)
    amounts_fen: dict[Code, Fen] = Field(default_factory=dict)
    days: tuple[date, ...] = ()
    ids: tuple[Code, ...] = ()
    account_ids: tuple[UUID, ...] = ()


class SignalRaised(Event):
    """A need or an event was found in the data (H15 to H19, H25, H26, life events), with its evidence."""

    type: ClassVar[str] = "profile.signal.raised.v1"
    key: ClassVar[str] = "signal_id"

    signal_id: UUID
    customer_id: UUID
    kind: SignalKind
    as_of: date
    confidence_bp: int = Field(ge=0, le=10_000)
    evidence: Evidence
    rule: Code = Field(
        default="", description="Name of the rule that found it; empty where it was raised before rules had names."
    )
    rule_version: int = Field(default=0, description="Version of the rule's document; 0 is the one that comes with the service.")


class SignalJudged(Event):
    """Staff accepted or dismissed a signal, once, with the code of the reason."""

    type: ClassVar[str] = "profile.signal.judged.v1"
    key: ClassVar[str] = "signal_id"

    signal_id: UUID
    customer_id: UUID
    kind: SignalKind
    rule: Code
    rule_version: int
    verdict: SignalVerdict
    reason: Code
    judged_at: datetime


class ConsentChanged(Event):
    """A customer agreed to, or refused, a purpose on a channel (PIPL art. 23, 24). `channel` None means all, and takes
    the place of earlier words on single channels."""

    type: ClassVar[str] = "profile.consent.changed.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    version: int
    purpose: ConsentPurpose
    channel: Channel | None
    granted: bool
    at: datetime


class CustomerMerged(Event):
    """Two records were one person's: this one went into `surviving_id`, with its accounts. What was said under the old id stays
    true of the person."""

    type: ClassVar[str] = "profile.customer.merged.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    surviving_id: UUID
    accounts: int = Field(description="Accounts that went along.")


class CustomerRestricted(Event):
    """A customer asked to be forgotten while the law keeps the record: only storage and protection go on (PIPL art. 47)."""

    type: ClassVar[str] = "profile.customer.restricted.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    until: date = Field(description="From this day on the record may be erased.")


class CustomerForgotten(Event):
    """A customer's keys were destroyed (PIPL art. 47): no name, number or address of this id is readable again."""

    type: ClassVar[str] = "profile.customer.forgotten.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    at: datetime


class FeedCompleted(Event):
    """The core bank's feed is complete up to and including `day`; measures of that day can be trusted."""

    type: ClassVar[str] = "profile.feed.completed.v1"
    key: ClassVar[str] = "feed"

    feed: Code
    version: int
    day: date
    customers: int
