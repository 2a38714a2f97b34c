"""Planning: bring the plans of a set of customers up to date, and tell what was planned and taken back."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events import Event
from contracts.events.outreach import ContactPlanned, ContactWithdrawn
from contracts.values import Tier
from services.outreach.policy import shipped
from services.outreach.rules.calendar import SHANGHAI
from services.outreach.rules.revision import Reviser, Revision
from services.outreach.store import dossiers

BLOCK = 1_000
"""Customers read, planned and written at once."""

_BREATH = 50
"""Customers planned before others get their turn on the event loop."""


async def replan(session: Session, *, customer_ids: Iterable[UUID], now: datetime) -> list[Revision]:
    """Revise the plans of customers whose recipient rows the caller has locked (H10, H11). Returns what changed.

    Set-based: for each block one read of everything, one write of everything, one emit.
    """
    ids = sorted(set(customer_ids))
    revisions: list[Revision] = []
    for start in range(0, len(ids), BLOCK):
        block = await _revise(session, ids[start : start + BLOCK], now)
        await dossiers.write(session, block, policy_version=shipped().cadence.version, now=now)
        await emit(session, *(event for revision in block for event in events_of(revision)))
        revisions += block
    return revisions


async def _revise(session: Session, ids: Sequence[UUID], now: datetime) -> list[Revision]:
    today = now.astimezone(SHANGHAI).date()
    since = now - timedelta(days=shipped().cadence.memory_days)
    reviser = _reviser(today)
    revisions = []
    for number, dossier in enumerate(await dossiers.read(session, ids, today=today, since=since), start=1):
        revisions.append(reviser.revise(dossier, now=now))
        if number % _BREATH == 0:
            await asyncio.sleep(0)
    return revisions


@lru_cache(maxsize=4)
def _reviser(today: date) -> Reviser:
    """The day's reviser: what it prepares of the policy and the calendar serves every batch of the day."""
    policy = shipped()
    return Reviser(cadence=policy.cadence, calendar=policy.calendar, today=today, new_id=new_id)


def events_of(revision: Revision) -> list[Event]:
    """What a revision tells: first what was taken back, then what was planned."""
    dossier = revision.dossier
    told: list[Event] = [
        ContactWithdrawn(contact_id=contact.id, customer_id=dossier.customer_id, reason=reason)
        for contact, reason in revision.withdrawn
    ]
    for contact_id, placement in revision.contacts:
        told.append(
            ContactPlanned(
                contact_id=contact_id,
                customer_id=dossier.customer_id,
                obligation=placement.demand.kind,
                period=placement.demand.period,
                channel=placement.channel,
                day=placement.day,
                at=placement.at,
                tier=dossier.tier or Tier.ORDINARY,
            )
        )
    return told
