"""The durable timers of the log: one signs, armed by the first entry that no checkpoint covers; one prunes, once a year."""

import asyncio

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from services.compliance.audit_tree import actions
from services.compliance.audit_tree.keys import open_key
from services.compliance.retention.actions import PRUNE, prune_by_timer
from services.compliance.settings import Settings

timers = Timers()


@timers.on(actions.CHECKPOINT)
async def on_checkpoint(session: Session, timer: Timer, context: Context) -> None:
    """Sign the log as it is now. The key is read each time, so that a rotation needs no restart."""
    assert isinstance(context.settings, Settings)  # the composition root says so
    key = await asyncio.to_thread(open_key, context.settings.audit_key)
    await actions.sign(session, signer=key.signer, now=context.now)


@timers.on(PRUNE)
async def on_prune(session: Session, timer: Timer, context: Context) -> None:
    """Take away the bodies of entries whose retention is over, a step at a time."""
    await prune_by_timer(session, first=int(timer.payload.get("first", 0)), now=context.now)
