"""Timers of the profile service: the steps of runs over all customers."""

from datetime import date
from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.profile.keeping import erasure, rotation
from services.profile.keyring import vault_of
from services.profile.measuring import runs
from services.profile.measuring.watermark import LOOK_AGAIN

timers = Timers()


@timers.on(runs.STEP)
async def on_run_step(session: Session, timer: Timer, context: Context) -> None:
    """Take the run one block further and arm the timer for the next."""
    run_id, as_of, phase = UUID(timer.key), date.fromisoformat(timer.payload["as_of"]), timer.payload["phase"]
    after = timer.payload["after"]
    if not await runs.may_begin(session, run_id=run_id, as_of=as_of):
        later = context.now + LOOK_AGAIN
        await runs.schedule_step(session, run_id=run_id, as_of=as_of, phase=phase, after=None, now=later)
        return
    step = await runs.advance(session, run_id=run_id, as_of=as_of, phase=phase, after=UUID(after) if after else None)
    if step.block is None and step.next_phase == phase:
        return
    following = step.block.high if step.block else None
    await runs.schedule_step(session, run_id=run_id, as_of=as_of, phase=step.next_phase, after=following, now=context.now)


@timers.on(rotation.STEP)
async def on_rotation_step(session: Session, timer: Timer, context: Context) -> None:
    """Take the rotation of keys one block further."""
    after = timer.payload["after"]
    await rotation.advance(
        session,
        rotation_id=UUID(timer.key),
        after=UUID(after) if after else None,
        vault=vault_of(context.settings),
        now=context.now,
    )


@timers.on(erasure.DUE)
async def on_erasure_due(session: Session, timer: Timer, context: Context) -> None:
    """The law keeps the record of somebody who asked to be forgotten no longer."""
    await erasure.on_due(session, customer_id=UUID(timer.key), now=context.now)
