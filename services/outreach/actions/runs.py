"""Runs over everybody: nightly, and on request. Each opens the periods that the horizon reaches, marks what was missed
and extends the plan.

A run is durable: its row holds how far it is, its timer wakes it for the next turn, and a turn is one transaction over a
bounded number of blocks. A crash loses at most the turn that was under way.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.ids import new_id
from chassis.timers import schedule
from contracts.values import RuleBroken
from services.outreach.actions.planning import replan
from services.outreach.policy import shipped
from services.outreach.rules.reasons import Reason
from services.outreach.rules.revision import Revision, State
from services.outreach.settings import Settings
from services.outreach.store import recipients, runs
from services.outreach.store.runs import Tally

NIGHT = "outreach.night"
"""Kind of the timer that begins the nightly run."""

TURN = "outreach.run"
"""Kind of the timers that give a run its next turn; the key is the run's id."""

NIGHTLY_AT = time(4, 0)
"""After tiering's night, so that the tiers of the day are known."""

RETRY = timedelta(minutes=15)
"""When the night looks again while a requested run is under way."""


class RunInProgress(RuleBroken):
    """Another run over everybody is under way."""

    rule = "plan-run-in-progress"
    fix = "Wait until the run that is under way has ended."


async def request_run(session: Session, *, caller: Capability, now: datetime) -> UUID:
    """Set up a run that starts within a second or two. Returns its id. Raises `RunInProgress`."""
    run_id = new_id()
    if not await _begin(session, run_id, cause="requested", requested_by=caller.subject, now=now):
        raise RunInProgress("a run over everybody is under way")
    await audit(session, caller=caller, act="plan.run.requested", details={"run_id": str(run_id)})
    return run_id


async def ensure_night(session: Session, *, now: datetime) -> None:
    """Arm the timer of the coming night unless one is armed; one that came due while nobody ran still fires."""
    if not await runs.timer_is_set(session, kind=NIGHT, key="night"):
        await schedule(session, kind=NIGHT, key="night", due_at=next_night(now))


async def begin_night(session: Session, *, now: datetime) -> None:
    """Set up the run of this night and the timer of the next one; look again shortly while another run is under way."""
    begun = await _begin(session, new_id(), cause="nightly", requested_by="timer:night", now=now)
    await schedule(session, kind=NIGHT, key="night", due_at=next_night(now) if begun else now + RETRY)


async def take_turn(session: Session, *, run_id: UUID, now: datetime, settings: Settings) -> None:
    """Plan the next blocks of customers of a run; arm the next turn while there are more."""
    run = await runs.lock(session, run_id)
    if run is None or run["ended_at"] is not None:
        return
    tally, done = runs.tally_of(run), False
    for _ in range(settings.run_blocks_per_turn):
        ids = await recipients.lock_block(session, after=tally.cursor, limit=settings.run_block)
        if ids:
            count(tally, await replan(session, customer_ids=ids, now=now), last=ids[-1])
        done = len(ids) < settings.run_block
        if done:
            break
    await runs.advance(session, run_id, tally, done=done, now=now)
    if not done:
        await schedule(session, kind=TURN, key=str(run_id), due_at=now)


def next_night(now: datetime) -> datetime:
    """The next moment at which the night begins, after `now`."""
    local = now.astimezone(SHANGHAI)
    tonight = local.replace(hour=NIGHTLY_AT.hour, minute=NIGHTLY_AT.minute, second=0, microsecond=0)
    return tonight if tonight > local else tonight + timedelta(days=1)


def count(tally: Tally, revisions: Sequence[Revision], *, last: UUID) -> None:
    """Add a block to the tally. What merely lies after the horizon is not counted as unplaced."""
    tally.cursor = last
    tally.customers += len(revisions)
    for revision in revisions:
        tally.planned += len(revision.contacts)
        tally.withdrawn += len(revision.withdrawn)
        for held in (*revision.obligations, *revision.wishes):
            tally.missed += held.state is State.MISSED
            if held.state is State.OPEN and held.reason not in (None, Reason.BEYOND_HORIZON):
                tally.unplaced[str(held.reason)] += 1


async def _begin(session: Session, run_id: UUID, *, cause: str, requested_by: str, now: datetime) -> bool:
    version = shipped().cadence.version
    if not await runs.add(session, run_id, cause=cause, requested_by=requested_by, policy_version=version, now=now):
        return False
    await schedule(session, kind=TURN, key=str(run_id), due_at=now)
    return True
