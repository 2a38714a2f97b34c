"""What a customer is owed by the tier's package (H5 to H7): owed on entry and period by period, given, missed, ended."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.timers import schedule
from contracts.values import RuleBroken, Tier
from services.tiering import entitlement_store, run_store
from services.tiering.entitlement_store import Owed
from services.tiering.packages import CATALOGUE, SERVICES
from services.tiering.rules import next_night
from services.tiering.rules.periods import Every, period_of

ENTITLEMENTS = "tiering.entitlements"
"""Kind of the timer of the nightly step; its payload holds the customer after whom it goes on."""

_KEY = "night"


class EntitlementUnknown(RuleBroken):
    """This customer has no entitlement of this id."""

    rule = "entitlement-unknown"
    fix = "Use an id that GET /v1/customers/{customer_id}/entitlements lists."


class EntitlementClosed(RuleBroken):
    """It was given, missed or ended, or its period is over."""

    rule = "entitlement-closed"
    fix = "Give one that is due, before its period ends."


class EntitlementOwedByOthers(RuleBroken):
    """The caller has none of the roles that owe this service."""

    rule = "entitlement-owed-by-others"
    fix = "Only who owes a service notes it as given; GET /v1/packages names them."


async def bring_up_to_date(session: Session, customers: Sequence[UUID], *, now: datetime, today: date) -> None:
    """Settle what is over or belongs to a tier that was left, and add what the tier owes now; two statements for all.

    The customers' standings are locked by the caller. Done twice it changes nothing more.
    """
    if not customers:
        return
    await entitlement_store.settle(session, customers, now=now, today=today)
    await entitlement_store.fill(
        session,
        customers,
        owed_on(today),
        package_version=CATALOGUE.version,
        today=today,
        notice_days=CATALOGUE.notice_days,
    )


def owed_on(day: date) -> list[Owed]:
    """What each tier owes on a day."""
    festivals = CATALOGUE.festival_days()
    found = []
    for tier in Tier:
        for service in CATALOGUE.services_of(tier):
            period = period_of(service.every, day=day, festivals=festivals)
            if period is not None:
                found.append(Owed(tier, service.code, None, period.first, period.end))
            elif service.every is Every.ONCE:
                found.append(Owed(tier, service.code, service.within_days, None, None))
    return found


async def give(
    session: Session, *, caller: Capability, customer_id: UUID, entitlement_id: UUID, reference: str, now: datetime, today: date
) -> None:
    """Note that a due service was given. Raises `EntitlementUnknown`, `EntitlementOwedByOthers` and `EntitlementClosed`."""
    row = await entitlement_store.lock(session, entitlement_id)
    if row is None or row["customer_id"] != customer_id:
        raise EntitlementUnknown
    if not CATALOGUE.may_give[SERVICES[row["service"]].owed_by] & set(caller.roles):
        raise EntitlementOwedByOthers
    if row["state"] != "due":
        raise EntitlementClosed(f"it is {row['state']}")
    if row["period_to"] <= today:
        raise EntitlementClosed("its period is over")
    await entitlement_store.give(session, entitlement_id, by=caller.subject, reference=reference, now=now)
    details: dict[str, int | str] = {"entitlement": str(entitlement_id), "service": row["service"], "reference": reference}
    await audit(session, caller=caller, act="entitlement.given", customer_id=customer_id, details=details)


async def ensure_entitlement_night(session: Session, *, now: datetime) -> None:
    """Arm the nightly step unless it is armed; the first one comes at once, for customers who stood here before."""
    if not await run_store.timer_is_set(session, ENTITLEMENTS, _KEY):
        await schedule(session, kind=ENTITLEMENTS, key=_KEY, due_at=now)


async def take_entitlement_turn(session: Session, *, after: UUID | None, now: datetime, today: date, block: int) -> None:
    """Bring the next block of customers up to date; after the last one the next turn comes the next night."""
    customers = await entitlement_store.lock_customers(session, after=after, limit=block)
    await bring_up_to_date(session, customers, now=now, today=today)
    if len(customers) == block:
        await schedule(session, kind=ENTITLEMENTS, key=_KEY, due_at=now, payload={"after": str(customers[-1])})
    else:
        await schedule(session, kind=ENTITLEMENTS, key=_KEY, due_at=next_night(now, zone=SHANGHAI))
