"""Announcing an outflow beforehand, so that it raises no alarm (H25: no reasonable explanation, no alarm with one)."""

from datetime import date, datetime
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from contracts.values import Fen
from services.compliance.watch.models import AnnouncedOutflow
from services.compliance.watch.rules import WatchRules, check_announcement


async def announce(
    session: Session,
    *,
    customer_id: UUID,
    purpose: str,
    first: date,
    last: date,
    up_to_fen: Fen,
    rules: WatchRules,
    caller: Capability,
    today: date,
    now: datetime,
) -> AnnouncedOutflow:
    """Note what a customer told a member of staff. Raises `PurposeUnknown`, `PeriodNotAnnounceable` or `AmountTooHigh`."""
    check_announcement(rules.announcements, purpose=purpose, first=first, last=last, up_to_fen=up_to_fen, today=today)
    row = AnnouncedOutflow(
        id=new_id(),
        customer_id=customer_id,
        purpose=purpose,
        first=first,
        last=last,
        up_to_fen=up_to_fen,
        announced_by=caller.subject,
        announced_on=today,
        announced_at=now,
        policy_version=rules.version,
    )
    session.add(row)
    details: dict[str, int | str] = {"announcement_id": str(row.id), "purpose": purpose, "up_to_fen": up_to_fen}
    await audit(session, caller=caller, act="outflow.announced", customer_id=customer_id, details=details)
    return row
