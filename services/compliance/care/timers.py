"""The durable timer that ends a cooling-off; it survives restarts and fires once."""

from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.compliance.care import actions


def declare(timers: Timers) -> None:
    """Add the handler to those of the service."""

    @timers.on(actions.COOLING_OFF)
    async def on_cooling_off(session: Session, timer: Timer, context: Context) -> None:
        """The hours are over."""
        await actions.end_cooling_off(session, care_id=UUID(timer.key))
