"""What must be right before the watch begins."""

from typing import cast

from chassis.service import Runtime
from services.compliance.settings import Settings
from services.compliance.watch.delivery import target_in
from services.compliance.watch.policy import rules


def check(runtime: Runtime) -> None:
    """The policy fits together, and freeze requests could be sent if a receiver is set. Raises ValueError or OSError."""
    rules()
    target_in(cast("Settings", runtime.settings))  # the composition root gives this service its own settings
