"""The rungs of the watch's clocks."""

from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer
from services.compliance.audit_tree.timers import timers
from services.compliance.watch import actions, policy
from services.compliance.watch.actions.clock import RUNG

__all__ = ["timers"]


@timers.on(RUNG)
async def on_rung(session: Session, timer: Timer, context: Context) -> None:
    """A share of an alert's time is over."""
    await actions.fire_rungs(session, alert_id=UUID(timer.payload["alert_id"]), rules=policy.rules(), now=context.now)
