"""HTTP to action: how long recordings are kept, what decides it, and the deletion afterwards."""

from uuid import UUID

from fastapi import APIRouter

from chassis.http import Caller, Now, SessionDep, Today, operation
from chassis.problems import from_rule
from contracts.values import RuleBroken, Scope
from services.compliance.documents.kinds import DocumentUnknown
from services.compliance.recording import keeping
from services.compliance.recording.actions import RecordingUnknown
from services.compliance.recording.rules.retention import (
    DisputeStateWrong,
    Notice,
    NoticeDayWrong,
    NoticeKind,
    Retention,
    RetentionRuns,
)
from services.compliance.recording.schemas import NOTICES, ContractEndIn, DeletedOut, DisputeIn, KeepReason, RetentionOut

router = APIRouter(tags=["recordings"])

_ONE = "/v1/customers/{customer_id}/recordings/{recording_id}"
_UNKNOWN: dict[type[RuleBroken], int] = {RecordingUnknown: 404, DocumentUnknown: 404}


@router.get(_ONE + "/retention", **operation(scope=Scope.RECORDING_READ, errors=_UNKNOWN))
async def explain_recording_retention(
    customer_id: UUID, recording_id: UUID, caller: Caller, session: SessionDep, today: Today
) -> RetentionOut:
    """Until when the recording is kept, and every clause that asks for it; the longest wins."""
    return _out(await keeping.explain(session, caller=caller, customer_id=customer_id, recording_id=recording_id, today=today))


@router.post(_ONE + "/contract-end", **operation(scope=Scope.RECORDING_KEEP, errors={**_UNKNOWN, NoticeDayWrong: 422}))
async def report_contract_end(
    customer_id: UUID, recording_id: UUID, body: ContractEndIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> RetentionOut:
    """The contract of the recorded sale ended, or was never concluded: the years of keeping begin."""
    notice = Notice(NOTICES[body.concluded], body.day)
    return _out(
        await keeping.report(
            session, caller=caller, customer_id=customer_id, recording_id=recording_id, notice=notice, now=now, today=today
        )
    )


@router.post(
    _ONE + "/disputes",
    **operation(scope=Scope.RECORDING_KEEP, errors={**_UNKNOWN, NoticeDayWrong: 422, DisputeStateWrong: 409}),
)
async def report_dispute(
    customer_id: UUID, recording_id: UUID, body: DisputeIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> RetentionOut:
    """A dispute over the sale began or ended: the recording stays while one is open, and two years longer."""
    kind = NoticeKind.DISPUTE_CLOSED if body.closed else NoticeKind.DISPUTE_OPENED
    notice = Notice(kind, body.day, body.reference)
    return _out(
        await keeping.report(
            session, caller=caller, customer_id=customer_id, recording_id=recording_id, notice=notice, now=now, today=today
        )
    )


@router.delete(_ONE, **operation(scope=Scope.RECORDING_KEEP, errors={**_UNKNOWN, RetentionRuns: 403}))
async def delete_recording(
    customer_id: UUID, recording_id: UUID, caller: Caller, session: SessionDep, today: Today
) -> DeletedOut:
    """Delete a recording whose time of keeping is over; refused before, here and by the database."""
    try:
        storage_ref, retention = await keeping.delete(
            session, caller=caller, customer_id=customer_id, recording_id=recording_id, today=today
        )
    except RetentionRuns as error:
        raise from_rule(error, 403) from None  # a refusal of the edge, so that the attempt is audited
    return DeletedOut(storage_ref=storage_ref, kept_until=retention.until)


def _out(retention: Retention) -> RetentionOut:
    reasons = [KeepReason(code=one.code, clause=one.clause, until=one.until) for one in retention.reasons]
    return RetentionOut(retain_until=retention.until, reasons=reasons)
