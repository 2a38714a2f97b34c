"""The staff directory."""

from collections.abc import Sequence
from datetime import datetime

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.desk import StaffBatchOut, StaffIn
from contracts.values import RuleBroken
from gateway import store
from gateway.actions.staffing import retry_unstaffed
from gateway.models import Staff


class StaffTwice(RuleBroken):
    """A batch names each person once."""

    rule = "staff-twice"
    fix = "Name each staff number once in a batch."


async def put_staff(session: Session, *, items: Sequence[StaffIn], caller: Capability, now: datetime) -> StaffBatchOut:
    """Add and correct people, then try waiting cases again. Raises `StaffTwice`."""
    numbers = [item.staff_no for item in items]
    if len(set(numbers)) != len(numbers):
        raise StaffTwice("a staff number stands in the batch twice", field="body.items")
    people = [Staff(**item.model_dump(mode="json")) for item in items]
    created, changed = await store.upsert_staff(session, people)
    if created or changed:
        await retry_unstaffed(session, now=now)
        await audit(session, caller=caller, act="staff.put", details={"created": created, "changed": changed})
    return StaffBatchOut(created=created, changed=changed, unchanged=len(people) - created - changed)
