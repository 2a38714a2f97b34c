"""What `profile` tells: customers, measures, signals, consents, and how far the feed is complete."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.events.base import Code, Event, Part
from contracts.values import Channel, ConsentPurpose, Fen, LifeStage, NeedType, ProductClass, RelationStage, SignalKind


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


class Evidence(Part):
    """Why a signal was raised: what was counted, over which days, with which amounts. Ids and numbers only."""

    window_from: date
    window_to: date
    counts: dict[Code, int] = Field(default_factory=dict)
    amounts_fen: dict[Code, Fen] = Field(default_factory=dict)
    days: tuple[date, ...] = ()
    ids: tuple[Code, ...] = ()


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


class FeedCompleted(Event):
    """The core bank's feed is complete up to and including `day`; measures of that day can be trusted."""

    type: ClassVar[str] = "profile.feed.completed.v1"
    key: ClassVar[str] = "feed"

    feed: Code
    version: int
    day: date
    customers: int
