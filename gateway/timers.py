"""Durable timers of the case desk."""

from uuid import UUID

from chassis.database import Session
from chassis.inbox import Context
from chassis.timers import Timer, Timers
from gateway.actions.opening import DEADLINE
from gateway.actions.staffing import STAFFING, staff_case
from gateway.actions.work import escalate
from gateway.policy import case_policy

timers = Timers()


@timers.on(DEADLINE)
async def on_deadline(session: Session, timer: Timer, context: Context) -> None:
    """72 hours are over (H19)."""
    await escalate(session, case_id=UUID(timer.key), now=context.now)


@timers.on(STAFFING)
async def on_staffing(session: Session, timer: Timer, context: Context) -> None:
    """Another attempt to find a team; without one, the timer is armed again."""
    await staff_case(session, case_id=UUID(timer.key), policy=case_policy(), now=context.now)
