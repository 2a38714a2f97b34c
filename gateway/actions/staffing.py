"""The team of a case is chosen (H19); a case without one waits in the open and is tried again."""

from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.outbox import emit
from chassis.timers import cancel, schedule, schedule_many
from contracts.events.gateway import TeamAssembled, TeamMember
from contracts.values import Department
from gateway import store
from gateway.models import Case
from gateway.rules.assembly import Assembly, assemble
from gateway.rules.cases import CasePolicy, CaseState

STAFFING = "case.staffing"
"""The timer of the next attempt to find a team; its key is the case's id."""

_ACTOR = "assembly"


async def staff_case(session: Session, *, case_id: UUID, policy: CasePolicy, now: datetime) -> bool:
    """Choose the team of a case that waits for one. Returns whether it has one now."""
    case = await store.lock_case(session, case_id)
    if case is None or case.state != CaseState.UNSTAFFED.value:
        return case is not None and case.state != CaseState.CLOSED.value
    await store.lock_assembly(session)
    departments = tuple(Department(name) for name in case.departments)
    team = assemble(
        departments=departments,
        lead=policy.causes[case.cause].lead if case.cause in policy.causes else departments[0],
        candidates=await store.candidates(session),
        customer=await store.known_customer(session, case.customer_id),
    )
    if team.staffed:
        await _take_on(session, case, team, now)
    else:
        await _wait(session, case, team, policy, now)
    return team.staffed


async def retry_unstaffed(session: Session, *, now: datetime) -> int:
    """Try all waiting cases again at once, because the directory changed. Returns how many wait."""
    waiting = await store.unstaffed(session)
    await schedule_many(session, kind=STAFFING, timers=[(str(case_id), now, {}) for case_id in waiting])
    return len(waiting)


async def _take_on(session: Session, case: Case, team: Assembly, now: datetime) -> None:
    case.state = CaseState.WORKING.value
    case.team_version += 1
    session.add(case)
    await store.add_team(session, case.case_id, team.members)
    details: dict[str, int | str] = {"lead": team.lead.staff_no, "members": len(team.members)}
    await store.log_step(session, case_id=case.case_id, at=now, actor=_ACTOR, step="team_assembled", details=details)
    await cancel(session, kind=STAFFING, key=str(case.case_id))
    members = tuple(
        TeamMember(staff_no=member.staff_no, department=member.department, lead=member.lead) for member in team.members
    )
    await emit(
        session,
        TeamAssembled(
            case_id=case.case_id,
            customer_id=case.customer_id,
            version=case.team_version,
            members=members,
            until=case.deadline,
        ),
    )


async def _wait(session: Session, case: Case, team: Assembly, policy: CasePolicy, now: datetime) -> None:
    missing = ",".join(department.value for department in team.missing)
    details: dict[str, int | str] = {"missing": missing}
    await store.log_step(session, case_id=case.case_id, at=now, actor=_ACTOR, step="unstaffed", details=details)
    await schedule(session, kind=STAFFING, key=str(case.case_id), due_at=now + policy.staffing_retry)
