"""The use cases of keeping: what is reported after the sale, how long a recording is kept, and its deletion afterwards."""

from datetime import date, datetime
from typing import cast
from uuid import UUID

from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from services.compliance.documents import actions as documents
from services.compliance.recording import store
from services.compliance.recording.actions import find, noted, who
from services.compliance.recording.documents import RETENTION, RetentionDocument
from services.compliance.recording.rules.retention import Notice, Retention, check_notice, retention
from services.compliance.recording.store import Opened


async def report(
    session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID, notice: Notice, now: datetime, today: date
) -> Retention:
    """Note that a contract ended, or that a dispute began or ended.

    Raises `RecordingUnknown`, `NoticeDayWrong`, `DisputeStateWrong`.
    """
    kept = await find(session, customer_id, recording_id, lock=True)
    known = await store.notices(session, recording_id)
    check_notice(known, notice, opened_on=_day(kept.opened), today=today)
    await store.add_notice(session, recording_id, len(known) + 1, notice, at=now, actor=who(caller))
    await noted(session, caller, kept.opened, f"recording.{notice.kind}")
    return await _retention(session, kept.opened, [*known, notice], today=today)


async def explain(session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID, today: date) -> Retention:
    """Until when a recording is kept, and by which clauses. Raises `RecordingUnknown`."""
    kept = await find(session, customer_id, recording_id)
    found = await _retention(session, kept.opened, await store.notices(session, recording_id), today=today)
    await noted(session, caller, kept.opened, "recording.retention_read")
    return found


async def delete(
    session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID, today: date
) -> tuple[str | None, Retention]:
    """Delete a recording that need not be kept any more. Returns the storage reference, whose file is to go now, and why.

    Raises `RecordingUnknown`, `RetentionRuns`; the database refuses it too, by its own clock.
    """
    kept = await find(session, customer_id, recording_id, lock=True)
    found = await _retention(session, kept.opened, await store.notices(session, recording_id), today=today)
    found.allow_deletion(today)
    await store.delete(session, recording_id)
    until = "" if found.until is None else found.until.isoformat()
    await noted(session, caller, kept.opened, "recording.deleted", kept_until=until, clause=found.reasons[0].code)
    return kept.facts.storage_ref, found


async def _retention(session: Session, opened: Opened, notices: list[Notice], *, today: date) -> Retention:
    version, document = await documents.current(session, kind=RETENTION, day=today)
    policy = cast("RetentionDocument", document).policy(version)
    applying = policy.applying(
        product_class=opened.product_class, product_code=opened.product_code, term_months=opened.term_months
    )
    floor = opened.keep_years
    return retention(policy, applying, notices, floor_years=floor, opened_on=_day(opened))


def _day(opened: Opened) -> date:
    return opened.opened_at.astimezone(SHANGHAI).date()
