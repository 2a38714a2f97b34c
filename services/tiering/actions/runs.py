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
from services.tiering.actions.deciding import PolicyKeepsChanging, tell
from services.tiering.actions.finding import NoPolicyInForce, in_force
from services.tiering.book import Policy
from services.tiering.rules import Measures, decide, direction, feed_state, next_night
from services.tiering.run_store import Tally
from services.tiering.settings import Settings
from services.tiering.store import Decided, Move

NIGHT = "tiering.night"
"""Kind of the timer that begins the nightly run."""

TURN = "tiering.run"
"""Kind of the timers that give a run its next turn; the key is the run's id."""

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
    if not await run_store.night_is_set(session, NIGHT, "night"):
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
    """Decide about one block. Only what differs from what stands is written; newer measures are left to their reaction."""
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
        steps = [direction(move.previous, move.tier) for move in moves]
        tally.decided += len(members)
        tally.up += steps.count(1)
        tally.down += steps.count(-1)


async def _decide_again(
    session: Session, members: list[tuple[Measures, asyncpg.Record]], *, currency: str, now: datetime, today: date
) -> list[Move]:
    policy = await in_force(session, currency=currency, today=today)
    rows = [row for measures, stood in members if (row := _differing(measures, stood, policy)) is not None]
    if not rows:
        return []
    moves = await store.store_decisions(
        session,
        rows,
        currency=currency,
        policy=(policy.version, policy.digest),
        today=today,
        now=now,
        only_if_same_measures=True,
    )
    if moves is None:  # published between the two statements; the turn is tried again
        raise PolicyKeepsChanging(currency)
    await tell(session, moves, policy_version=policy.version, now=now)
    return moves


def _differing(measures: Measures, stood: asyncpg.Record, policy: Policy) -> Decided | None:
    """The decision, where tier, reason or policy version are not what stands."""
    decision = decide(measures, judge=policy.judge, policy_version=policy.version)
    if (stood["tier"], stood["reason"], stood["policy_version"]) == (decision.tier, decision.reason, policy.version):
        return None
    return Decided(
        customer_id=stood["customer_id"],
        tier=decision.tier,
        reason=decision.reason,
        as_of=stood["as_of"],
        measures_version=stood["measures_version"],
        branch=stood["branch"],
        inputs=stood["inputs"],
    )
