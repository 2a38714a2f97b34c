"""A need that crosses departments becomes a case (H19)."""

from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import schedule
from contracts.events.gateway import CaseOpened
from gateway import store
from gateway.actions.staffing import staff_case
from gateway.models import Case
from gateway.rules.cases import CasePolicy, CaseState, Cause, OpenCaseExists

DEADLINE = "case.deadline"
"""The timer of the 72 hours; its key is the case's id."""


async def open_case(
    session: Session,
    *,
    customer_id: UUID,
    cause: Cause,
    policy: CasePolicy,
    opened_by: str,
    now: datetime,
    signal_id: UUID | None = None,
) -> UUID:
    """Open a case, start its clock, choose its team. Raises `OpenCaseExists`."""
    customer = await store.known_customer(session, customer_id)
    case = Case(
        case_id=new_id(),
        customer_id=customer_id,
        cause=cause.code,
        state=CaseState.UNSTAFFED.value,
        branch=customer.branch,
        departments=[department.value for department in cause.departments],
        policy_version=policy.version,
        signal_id=signal_id,
        opened_by=opened_by,
        opened_at=now,
        deadline=now + policy.deadline,
    )
    if not await store.insert_case(session, case):
        raise OpenCaseExists(f"an open case for {cause.code} stands already", field="body.cause")
    await store.log_step(session, case_id=case.case_id, at=now, actor=opened_by, step="opened")
    await emit(
        session,
        CaseOpened(
            case_id=case.case_id,
            customer_id=customer_id,
            cause=cause.code,
            deadline=case.deadline,
            departments=cause.departments,
        ),
    )
    await schedule(session, kind=DEADLINE, key=str(case.case_id), due_at=case.deadline)
    await staff_case(session, case_id=case.case_id, policy=policy, now=now)
    return case.case_id
