"""Tiers given by hand: asked for by one person, answered by another, ended by their moment or by somebody before it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from chassis.timers import cancel, schedule
from contracts.values import RuleBroken, Tier
from services.tiering import manual_store, store
from services.tiering.actions.deciding import Measured, decide_currency
from services.tiering.actions.finding import NoDecision
from services.tiering.manual_reasons import REASONS
from services.tiering.rules import Manual, Measures
from services.tiering.rules.manual import ManualClosed, check_answer, check_end

ENDS = "tiering.manual.ends"
"""Kind of the timers that end a tier given by hand; the key is its id."""

_STORED = TypeAdapter(Measures)


class ManualUnknown(RuleBroken):
    """This customer has no tier by hand of this id."""

    rule = "manual-unknown"
    fix = "Use an id that GET /v1/customers/{customer_id}/tier/manual lists."


class ManualOpen(RuleBroken):
    """The customer has a request, or a tier given by hand, already."""

    rule = "manual-open"
    fix = "End the open one first."


async def ask_manual(session: Session, *, caller: Capability, customer_id: UUID, asked: Manual, now: datetime) -> UUID:
    """Ask for a tier. Returns its id. Raises `NoDecision`, `ManualOpen` and the errors of `rules.manual.check_end`."""
    reason = REASONS.find(asked.code)
    check_end(asked.until, longest_days=reason.longest_days if reason else None, now=now)
    if await store.standing(session, customer_id) is None:
        raise NoDecision
    manual_id = new_id()
    if not await manual_store.add(session, manual_id, customer_id, asked, by=caller.subject, now=now):
        raise ManualOpen
    details: dict[str, int | str] = {"manual": str(manual_id), "tier": asked.tier.value, "code": asked.code}
    await audit(session, caller=caller, act="tier.manual.requested", customer_id=customer_id, details=details)
    return manual_id


async def approve_manual(
    session: Session, *, caller: Capability, customer_id: UUID, manual_id: UUID, now: datetime, today: date
) -> None:
    """Give the tier that somebody else asked for. Raises `ManualUnknown` and the errors of `rules.manual.check_answer`."""
    row = await _answered(session, "active", caller=caller, customer_id=customer_id, manual_id=manual_id, now=now)
    await schedule(session, kind=ENDS, key=str(manual_id), due_at=row["until"])
    await _decide(session, customer_id, Manual(Tier(row["tier"]), row["code"], row["until"]), now=now, today=today)


async def reject_manual(session: Session, *, caller: Capability, customer_id: UUID, manual_id: UUID, now: datetime) -> None:
    """Refuse what somebody else asked for. Raises as `approve_manual`."""
    await _answered(session, "rejected", caller=caller, customer_id=customer_id, manual_id=manual_id, now=now)


async def end_manual(
    session: Session, *, caller: Capability, customer_id: UUID, manual_id: UUID, now: datetime, today: date
) -> None:
    """Take a request back, or end a tier before its moment. Raises `ManualUnknown` and `ManualClosed`."""
    row = await _locked(session, customer_id, manual_id)
    if row["state"] not in {"requested", "active"}:
        raise ManualClosed(f"it is {row['state']}")
    await cancel(session, kind=ENDS, key=str(manual_id))
    await _end(session, row, caller=caller, now=now, today=today)


async def manual_is_over(session: Session, *, manual_id: UUID, now: datetime, today: date) -> None:
    """The moment of a tier given by hand has come: the automatic one holds again."""
    row = await manual_store.lock(session, manual_id)
    if row is not None and row["state"] == "active":
        await _end(session, row, caller="timer:manual", now=now, today=today)


async def _locked(session: Session, customer_id: UUID, manual_id: UUID) -> asyncpg.Record:
    row = await manual_store.lock(session, manual_id)
    if row is None or row["customer_id"] != customer_id:
        raise ManualUnknown
    return row


async def _answered(
    session: Session, state: str, *, caller: Capability, customer_id: UUID, manual_id: UUID, now: datetime
) -> asyncpg.Record:
    row = await _locked(session, customer_id, manual_id)
    check_answer(row["state"], requested_by=row["requested_by"], answered_by=caller.subject, until=row["until"], now=now)
    await manual_store.answer(session, manual_id, state=state, by=caller.subject, now=now)
    act = {"active": "tier.manual.approved", "rejected": "tier.manual.rejected"}[state]
    details: dict[str, int | str] = {"manual": str(manual_id), "tier": row["tier"], "code": row["code"]}
    await audit(session, caller=caller, act=act, customer_id=customer_id, details=details)
    return row


async def _end(session: Session, row: asyncpg.Record, *, caller: Capability | str, now: datetime, today: date) -> None:
    by = caller if isinstance(caller, str) else caller.subject
    await manual_store.end(session, row["id"], by=by, now=now)
    details: dict[str, int | str] = {"manual": str(row["id"]), "tier": row["tier"], "code": row["code"]}
    await audit(session, caller=caller, act="tier.manual.ended", customer_id=row["customer_id"], details=details)
    if row["state"] == "active":
        await _decide(session, row["customer_id"], None, now=now, today=today)


async def _decide(session: Session, customer_id: UUID, manual: Manual | None, *, now: datetime, today: date) -> None:
    """Decide again on the same measures, with the tier by hand given or taken."""
    for row in await store.lock_standings(session, [customer_id]):
        measures = _STORED.validate_json(row["inputs"])
        again = Measured(customer_id, row["measures_version"], row["as_of"], row["branch"], measures, row["inputs"])
        currency = measures.assets.currency
        await decide_currency(session, [again], currency=currency, now=now, today=today, by_hand={customer_id: manual})
