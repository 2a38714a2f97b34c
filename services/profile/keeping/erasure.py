"""Forgetting a customer (PIPL art. 47): when it may be done, what goes, and what stops while the law still keeps the record."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from chassis.audit import audit
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.outbox import emit
from chassis.timers import schedule
from contracts.events.profile import CustomerChanged, CustomerForgotten, CustomerRestricted
from contracts.values import ConsentPurpose
from services.profile.actions.consents import stop
from services.profile.rights import rights_policy
from services.profile.rules.retention import Held, held
from services.profile.store import erasure as store

DUE = "profile.erasure"
"""Kind of the timer that forgets a restricted customer once nothing keeps the record; its key is the customer's id."""


async def keeping(session: Session, *, customer_id: UUID, today: date) -> Held | None:
    """What keeps the record; None when it may go. Raises `RelationGoesOn`."""
    return held(await store.relation(session, customer_id), rights_policy().erasure.keepings, today=today)


async def forget(session: Session, *, customer_id: UUID, now: datetime) -> None:
    """Destroy the data keys, the search indexes and everything that names or describes the person, and say so to all.

    Records that were merged into this one go as well. Accounts, balances and bookings stay as numbers without a person.
    """
    for row in await store.lock_person(session, customer_id):
        await stop(session, customer_id=row["id"], purposes=ConsentPurpose, source="erasure", now=now)
    for row in await store.erase(session, customer_id, now=now):
        state = {name: row[name] for name in ("branch", "birth_date", "sex", "opened_on")}
        await emit(
            session,
            CustomerChanged.model_validate({"customer_id": row["id"], "version": row["changes"], **state}),
            CustomerForgotten(customer_id=row["id"], at=now),
        )


async def restrict(session: Session, *, customer_id: UUID, until: date, now: datetime) -> None:
    """Only storage and protection go on: stop what the policy names, and forget the customer by timer on the day."""
    policy = rights_policy().erasure
    await store.lock_person(session, customer_id)
    await stop(session, customer_id=customer_id, purposes=policy.stopped_meanwhile, source="legal_hold", now=now)
    if await store.restrict(session, customer_id, until=until):
        await emit(session, CustomerRestricted(customer_id=customer_id, until=until))
    await _arm(session, customer_id, until)


async def on_due(session: Session, *, customer_id: UUID, now: datetime) -> None:
    """The day has come: forget, unless something keeps the record after all, as a later booking does."""
    today = now.astimezone(SHANGHAI).date()
    if not await store.lock_person(session, customer_id):
        return
    kept = await keeping(session, customer_id=customer_id, today=today)
    if kept is not None:
        await store.restrict(session, customer_id, until=kept.until)
        await _arm(session, customer_id, kept.until)
        return
    await forget(session, customer_id=customer_id, now=now)
    await audit(session, caller="timer:erasure", act="customer.forget", customer_id=customer_id)


async def _arm(session: Session, customer_id: UUID, until: date) -> None:
    due_at = datetime.combine(until, time(), SHANGHAI) + timedelta(hours=3)
    await schedule(session, kind=DUE, key=str(customer_id), due_at=due_at)
