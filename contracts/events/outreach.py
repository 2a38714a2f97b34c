"""What `outreach` tells: which contacts it planned, and which it took back."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.events.base import Code, Event
from contracts.values import Channel, Tier


class ContactPlanned(Event):
    """A contact with a customer has a day, a time and a channel (H8 to H11)."""

    type: ClassVar[str] = "outreach.contact.planned.v1"
    key: ClassVar[str] = "contact_id"

    contact_id: UUID
    customer_id: UUID
    obligation: Code
    period: Code
    channel: Channel
    day: date
    at: datetime
    tier: Tier


class ContactWithdrawn(Event):
    """A planned contact was taken back, for example because the tier or a consent changed."""

    type: ClassVar[str] = "outreach.contact.withdrawn.v1"
    key: ClassVar[str] = "contact_id"

    contact_id: UUID
    customer_id: UUID
    reason: Code
