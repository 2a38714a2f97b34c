"""The use cases of the watch."""

from services.compliance.watch.actions.announcing import announce
from services.compliance.watch.actions.clock import fire_rungs
from services.compliance.watch.actions.opening import Suspicion, keep_customers, open_alerts
from services.compliance.watch.actions.working import assign, record_contact, record_outcome

__all__ = [
    "Suspicion",
    "announce",
    "assign",
    "fire_rungs",
    "keep_customers",
    "open_alerts",
    "record_contact",
    "record_outcome",
]
