"""Moments that outreach acts on by itself."""

from typing import cast
from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.outreach import actions
from services.outreach.actions.runs import NIGHT, TURN
from services.outreach.settings import Settings

timers = Timers()


@timers.on(NIGHT)
async def on_night(session: Session, timer: Timer, context: Context) -> None:
    """04:00 in Shanghai: set up the nightly run."""
    await actions.begin_night(session, now=context.now)


@timers.on(TURN)
async def on_turn(session: Session, timer: Timer, context: Context) -> None:
    """A run has its next turn."""
    settings = cast("Settings", context.settings)  # the composition root gives this service its own settings
    await actions.take_turn(session, run_id=UUID(timer.key), now=context.now, settings=settings)
