"""The rungs of the watch's clocks."""

from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.compliance.watch import actions, policy
from services.compliance.watch.actions.clock import RUNG


def declare(timers: Timers) -> None:
    """Add the watch's handler to those of the service."""

    @timers.on(RUNG)
    async def on_rung(session: Session, timer: Timer, context: Context) -> None:
        """A share of an alert's time is over."""
        await actions.fire_rungs(session, alert_id=UUID(timer.payload["alert_id"]), rules=policy.rules(), now=context.now)
