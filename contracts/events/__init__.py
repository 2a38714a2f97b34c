"""Events by the service that publishes them. Importing this package fills `REGISTRY`."""

from contracts.events import audit, compliance, gateway, outreach, profile, referral, tiering
from contracts.events.base import REGISTRY, Code, Envelope, Event, NotAnEnvelope, UnknownEvent, open_envelope, seal

__all__ = [
    "REGISTRY",
    "Code",
    "Envelope",
    "Event",
    "NotAnEnvelope",
    "UnknownEvent",
    "audit",
    "compliance",
    "gateway",
    "open_envelope",
    "outreach",
    "profile",
    "referral",
    "seal",
    "tiering",
]
