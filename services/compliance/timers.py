"""The durable timers of this service's rooms."""

from services.compliance.audit_tree.timers import timers
from services.compliance.care import timers as care
from services.compliance.suitability import timers as suitability
from services.compliance.watch import timers as watch

__all__ = ["timers"]

care.declare(timers)
suitability.declare(timers)
watch.declare(timers)
