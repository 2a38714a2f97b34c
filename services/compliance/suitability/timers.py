"""Durable timers of the gate: reminders before an assessment ends, and ratings that take effect."""

from uuid import UUID

from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.compliance.suitability.actions import assessing, registers


def declare(timers: Timers) -> None:
    """Add the gate's handlers to those of the service."""

    @timers.on(assessing.REMINDER)
    async def on_reminder(session: Session, timer: Timer, context: Context) -> None:
        await assessing.remind(
            session,
            assessment_id=UUID(timer.payload["assessment_id"]),
            days=timer.payload["days"],
            today=context.now.astimezone(SHANGHAI).date(),
        )

    @timers.on(registers.RATING)
    async def on_rating(session: Session, timer: Timer, context: Context) -> None:
        await registers.tell_new_rating(session, product_code=timer.payload["product_code"], version=timer.payload["version"])
