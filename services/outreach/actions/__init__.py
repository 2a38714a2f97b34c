"""What outreach can do: take in what is told of customers, plan their contacts, and run over everybody."""

from services.outreach.actions.hearing import (
    SpokenConsent,
    hear_consents,
    hear_records,
    hear_settled_alerts,
    hear_signals,
    hear_tiers,
)
from services.outreach.actions.planning import replan
from services.outreach.actions.runs import (
    RunInProgress,
    begin_night,
    ensure_night,
    request_run,
    take_turn,
)

__all__ = [
    "RunInProgress",
    "SpokenConsent",
    "begin_night",
    "ensure_night",
    "hear_consents",
    "hear_records",
    "hear_settled_alerts",
    "hear_signals",
    "hear_tiers",
    "replan",
    "request_run",
    "take_turn",
]
