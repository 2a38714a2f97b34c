"""Runs that decide about everybody again: nightly when the feed is complete, on request, and for a new policy.

A run is durable: its row holds how far it is, its timer wakes it for the next turn, and a turn is one transaction over a
bounded number of blocks. A crash loses at most the turn that was under way.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from chassis.clock import SHANGHAI, Clock
from chassis.database import Session
from chassis.ids import new_id
from chassis.timers import schedule
from contracts.values import RuleBroken
from services.tiering import run_store, store
from services.tiering.actions.deciding import Measured, decide_currency
from services.tiering.actions.finding import NoPolicyInForce, in_force
from services.tiering.book import Policy
from services.tiering.deciding_store import Decided, held_of
from services.tiering.rules import Measures, conclude, decide, direction, feed_state, next_night
from services.tiering.run_store import Tally
from services.tiering.settings import Settings

NIGHT = "tiering.night"
"""Kind of the timer that begins the nightly run."""

TURN = "tiering.run"
"""Kind of the timers that give a run its next turn; the key is the run's id."""

GRACE_ENDS = "tiering.grace"
"""Kind of the timer that looks for grace periods that are over."""

_STORED = TypeAdapter(Measures)


class RunUnknown(RuleBroken):
    """There is no run of this id."""

    rule = "run-unknown"
    fix = "Use the id that POST /v1/tiering/runs answered, or one of GET /v1/tiering/runs."


async def request_run(session: Session, *, kind: str, requested_by: str, now: datetime, today: date) -> UUID:
    """Set up a run over everybody that starts within a second or two. Returns its id."""
    run_id = new_id()
    await run_store.add(session, run_id, kind=kind, day=today, state="running", requested_by=requested_by, now=now)
    await schedule(session, kind=TURN, key=str(run_id), due_at=now)
    return run_id


async def ensure_night(session: Session, *, now: datetime) -> None:
    """Arm the timer of the coming night unless one is armed; one that came due while nobody ran still fires."""
    if not await run_store.timer_is_set(session, NIGHT, "night"):
        await schedule(session, kind=NIGHT, key="night", due_at=next_night(now, zone=SHANGHAI))


async def begin_night(session: Session, *, now: datetime, today: date) -> None:
    """Set up the run of this night, and the timer of the next one."""
    await schedule(session, kind=NIGHT, key="night", due_at=next_night(now, zone=SHANGHAI))
    run_id = new_id()
    if await run_store.add(session, run_id, kind="nightly", day=today, state="waiting", requested_by="timer:night", now=now):
        await schedule(session, kind=TURN, key=str(run_id), due_at=now)


async def hear_feed(session: Session, *, feed: str, version: int, day: date, now: datetime) -> None:
    """Note how far a feed is complete, and wake the runs that wait for it."""
    await store.reach_feed(session, feed=feed, version=version, day=day)
    for run_id in await run_store.waiting(session):
        await schedule(session, kind=TURN, key=str(run_id), due_at=now)


async def take_turn(session: Session, *, run_id: UUID, clock: Clock, settings: Settings) -> None:
    """Give a run its turn: look at the feed where it waits, else decide about the next blocks of customers."""
    run = await run_store.lock(session, run_id)
    if run is None or run["state"] in {"done", "given_up"}:
        return
    if run["state"] == "waiting" and not await _feed_is_ready(session, run, now=clock.now(), settings=settings):
        return
    if run["started_at"] is None:
        await run_store.start(session, run_id, feed_day=await _feed_day(session), now=clock.now())
    tally = Tally(cursor=run["cursor"])
    done = False
    for _ in range(settings.run_blocks_per_turn):
        rows = await store.standings_after(session, tally.cursor, limit=settings.run_block)
        await _decide_block(session, rows, tally, now=clock.now(), today=clock.today())
        done = len(rows) < settings.run_block
        if done:
            break
    await run_store.advance(session, run_id, tally, done=done, now=clock.now())
    if not done:
        await schedule(session, kind=TURN, key=str(run_id), due_at=clock.now())


async def _feed_day(session: Session) -> date | None:
    days = await store.feed_days(session)
    return min(days, default=None)


async def _feed_is_ready(session: Session, run: asyncpg.Record, *, now: datetime, settings: Settings) -> bool:
    """Whether the feed is complete for the day before; where not, the run's record says so and looks again later."""
    needed = run["day"] - timedelta(days=1)
    feed = feed_state(await store.feed_days(session), needed=needed)
    if feed.ready:
        return True
    given_up = run["looks"] + 1 >= settings.feed_looks
    note = f"feed is complete to {feed.day or 'no day yet'}, needed is {needed}"
    state = "given_up" if given_up else "waiting"
    await run_store.wait(session, run["id"], state=state, note=note, feed_day=feed.day, now=now)
    if not given_up:
        await schedule(session, kind=TURN, key=str(run["id"]), due_at=now + timedelta(minutes=settings.feed_retry_minutes))
    return False


async def _decide_block(session: Session, rows: Sequence[asyncpg.Record], tally: Tally, *, now: datetime, today: date) -> None:
    """Decide about one block, and count it."""
    if not rows:
        return
    tally.cursor = rows[-1]["customer_id"]
    stored = [(_STORED.validate_json(row["inputs"]), row) for row in rows]
    stored.sort(key=lambda one: one[0].assets.currency)
    for currency, group in groupby(stored, key=lambda one: one[0].assets.currency):
        members = list(group)
        try:
            moves = await _decide_again(session, members, currency=currency, now=now, today=today)
        except NoPolicyInForce:
            tally.skipped += len(members)
            continue
        steps = [direction(move.before.tier if move.before else None, move.outcome.tier) for move in moves]
        tally.decided += len(members)
        tally.up += steps.count(1)
        tally.down += steps.count(-1)


async def _decide_again(
    session: Session, members: list[tuple[Measures, asyncpg.Record]], *, currency: str, now: datetime, today: date
) -> list[Decided]:
    """Only what differs from what stands is locked and written; newer measures are left to their reaction."""
    policy = await in_force(session, currency=currency, today=today)
    measured = [_measured(*one) for one in members if _differs(*one, policy=policy, now=now)]
    if not measured:
        return []
    decided = await decide_currency(session, measured, currency=currency, now=now, today=today, only_if_same_measures=True)
    return [one for one in decided if one.moved]


def _differs(measures: Measures, stood: asyncpg.Record, *, policy: Policy, now: datetime) -> bool:
    """Whether a decision under `policy` would not be what stands."""
    held = held_of(stood)
    row = decide(measures, judge=policy.judge, policy_version=policy.version)
    found = conclude(row, held, downgrade=policy.downgrade, now=now)
    stands = (stood["tier"], stood["reason"], stood["fired"], held, stood["policy_version"])
    return stands != (found.tier, found.reason, found.fired, found.held, policy.version)


def _measured(measures: Measures, stood: asyncpg.Record) -> Measured:
    return Measured(
        customer_id=stood["customer_id"],
        version=stood["measures_version"],
        as_of=stood["as_of"],
        branch=stood["branch"],
        measures=measures,
        inputs=stood["inputs"],
    )


async def end_grace(session: Session, *, now: datetime, today: date, settings: Settings) -> None:
    """Decide again about a block of customers whose grace period is over, and set the timer of the next look."""
    rows = await store.grace_over(session, now, limit=settings.run_block)
    await _decide_block(session, rows, Tally(), now=now, today=today)
    minutes = 0 if len(rows) == settings.run_block else settings.grace_look_minutes
    await schedule(session, kind=GRACE_ENDS, key="look", due_at=now + timedelta(minutes=minutes))


async def ensure_grace_look(session: Session, *, now: datetime) -> None:
    """Arm the timer that looks for grace periods that are over, unless it is armed."""
    if not await run_store.timer_is_set(session, GRACE_ENDS, "look"):
        await schedule(session, kind=GRACE_ENDS, key="look", due_at=now)
