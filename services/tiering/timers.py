"""Moments that tiering acts on by itself."""

from typing import cast
from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.tiering import actions
from services.tiering.actions.entitling import ENTITLEMENTS
from services.tiering.actions.manual import ENDS
from services.tiering.actions.runs import GRACE_ENDS, NIGHT, TURN
from services.tiering.settings import Settings

timers = Timers()


@timers.on(NIGHT)
async def on_night(session: Session, timer: Timer, context: Context) -> None:
    """02:30 in Shanghai: set up the nightly run."""
    await actions.begin_night(session, now=context.now, today=context.clock.today())


@timers.on(TURN)
async def on_turn(session: Session, timer: Timer, context: Context) -> None:
    """A run has its next turn."""
    settings = cast("Settings", context.settings)  # the composition root gives this service its own settings
    await actions.take_turn(session, run_id=UUID(timer.key), clock=context.clock, settings=settings)


@timers.on(GRACE_ENDS)
async def on_grace(session: Session, timer: Timer, context: Context) -> None:
    """Look for grace periods that are over."""
    settings = cast("Settings", context.settings)  # as above
    await actions.end_grace(session, now=context.now, today=context.clock.today(), settings=settings)


@timers.on(ENDS)
async def on_manual_end(session: Session, timer: Timer, context: Context) -> None:
    """A tier given by hand ends."""
    await actions.manual_is_over(session, manual_id=UUID(timer.key), now=context.now, today=context.clock.today())


@timers.on(ENTITLEMENTS)
async def on_entitlements(session: Session, timer: Timer, context: Context) -> None:
    """Night: what was not given is missed, and the periods that begin are owed."""
    settings = cast("Settings", context.settings)  # as above
    after = timer.payload.get("after")
    await actions.take_entitlement_turn(
        session, after=UUID(after) if after else None, now=context.now, today=context.clock.today(), block=settings.run_block
    )
