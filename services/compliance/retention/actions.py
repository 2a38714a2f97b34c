"""The use case of the retention: take away the bodies of entries whose time is over. The tree stays whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.timers import schedule
from services.compliance.retention import store
from services.compliance.retention.policy import retention

PRUNE, THE_LOG = "audit.prune", "log"
"""Kind and key of the yearly timer."""

AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many bodies were taken away, and where to go on; `next` is None at the end of the log."""

    entries: int
    next: int | None


async def prune(session: Session, *, first: int, caller: Capability | str, now: datetime) -> Pruned:
    """Take away up to 10,000 bodies from position `first` on; an audited act when there were any.

    Both must be over: the time that was stored with the entry, and the one that the policy in force asks for.
    """
    policy = retention()
    found = await store.over(session, first=first, now=now, limit=AT_ONCE)
    positions = [one.position for one in found if policy.until(one.act, one.recorded_at) <= now]
    removed = await store.remove_bodies(session, positions) if positions else 0
    if removed:
        details: dict[str, int | str] = {"entries": removed, "first": positions[0], "last": positions[-1]}
        await audit(session, caller=caller, act="audit.pruned", details={**details, "policy": policy.version})
    return Pruned(removed, found[-1].position + 1 if len(found) == AT_ONCE else None)


async def prune_by_timer(session: Session, *, first: int, now: datetime) -> None:
    """One step of the yearly round: on at once while there is more, else again in a year."""
    done = await prune(session, first=first, caller=f"timer:{PRUNE}", now=now)
    if done.next is None:
        await arm(session, now=now)
    else:
        await schedule(session, kind=PRUNE, key=THE_LOG, due_at=now, payload={"first": done.next})


async def arm(session: Session, *, now: datetime) -> None:
    """Set the timer of the next round."""
    await schedule(session, kind=PRUNE, key=THE_LOG, due_at=now + timedelta(days=retention().prune_every_days))
