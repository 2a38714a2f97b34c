"""The steps of a team: sections, the one proposal, the end, and what happens when 72 hours pass (H19)."""

from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.outbox import emit
from chassis.timers import cancel
from contracts.events.gateway import CaseClosed, CaseOverdue, ProposalDelivered, SectionSubmitted
from contracts.values import Department, RuleBroken
from gateway import store
from gateway.actions.opening import DEADLINE
from gateway.actions.staffing import STAFFING
from gateway.models import Case, CaseProposal, CaseSection
from gateway.rules.cases import CaseOutcome, CaseState, is_overdue, may_close, may_hand_in, may_propose
from gateway.texts import PROPOSAL, SECTION, Texts


class CaseUnknown(RuleBroken):
    """There is no such case within the caller's reach."""

    rule = "case-unknown"
    fix = "Use the id of a case that you work on."


async def hand_in(
    session: Session, *, case_id: UUID, department: Department, text: str, texts: Texts, staff_no: str | None, now: datetime
) -> None:
    """A department's section is in. Raises `CaseUnknown`, `CaseNotWorking` or `NotOfTheTeam`."""
    case = await _locked(session, case_id)
    may_hand_in(await store.standing_of(session, case), department=department, staff_no=staff_no)
    by = str(staff_no)
    sealed = texts.sealed(SECTION, case_id, department.value, text)
    section = CaseSection(case_id=case_id, department=department.value, staff_no=by, text=sealed, handed_in_at=now)
    await store.put_section(session, section)
    case.section_version += 1
    session.add(case)
    details: dict[str, int | str] = {"department": department.value}
    await store.log_step(session, case_id=case_id, at=now, actor=by, step="section_handed_in", details=details)
    submitted = SectionSubmitted(
        case_id=case_id, customer_id=case.customer_id, version=case.section_version, department=department, staff_no=by
    )
    await emit(session, submitted)


async def deliver(session: Session, *, case_id: UUID, text: str, texts: Texts, staff_no: str | None, now: datetime) -> None:
    """The lead delivers the one proposal; the clock stops. Raises `CaseUnknown` and what `may_propose` raises."""
    case = await _locked(session, case_id)
    in_time = may_propose(await store.standing_of(session, case), staff_no=staff_no, now=now)
    by = str(staff_no)
    case.state, case.proposed_at = CaseState.PROPOSED.value, now
    session.add(case)
    sealed = texts.sealed(PROPOSAL, case_id, "", text)
    session.add(CaseProposal(case_id=case_id, staff_no=by, text=sealed, delivered_at=now, in_time=in_time))
    details: dict[str, int | str] = {"in_time": int(in_time)}
    await store.log_step(session, case_id=case_id, at=now, actor=by, step="proposal_delivered", details=details)
    await cancel(session, kind=DEADLINE, key=str(case_id))
    await emit(session, ProposalDelivered(case_id=case_id, customer_id=case.customer_id, staff_no=by, in_time=in_time))


async def close(
    session: Session, *, case_id: UUID, outcome: CaseOutcome, actor: str, staff_no: str | None, now: datetime
) -> None:
    """The case ends; its people have room again. Raises `CaseUnknown` and what `may_close` raises."""
    case = await _locked(session, case_id)
    may_close(await store.standing_of(session, case), outcome=outcome, staff_no=staff_no)
    case.state, case.closed_at, case.outcome = CaseState.CLOSED.value, now, outcome.value
    session.add(case)
    details: dict[str, int | str] = {"outcome": outcome.value}
    await store.log_step(session, case_id=case_id, at=now, actor=staff_no or actor, step="closed", details=details)
    for kind in (DEADLINE, STAFFING):
        await cancel(session, kind=kind, key=str(case_id))
    await emit(session, CaseClosed(case_id=case_id, customer_id=case.customer_id, outcome=outcome.value))


async def escalate(session: Session, *, case_id: UUID, now: datetime) -> bool:
    """The 72 hours are over: tell it once. Returns whether the case is overdue."""
    case = await _locked(session, case_id)
    standing = await store.standing_of(session, case)
    if case.overdue_at is not None or not is_overdue(standing, now=now):
        return case.overdue_at is not None
    case.overdue_at = now
    session.add(case)
    missing = ",".join(department.value for department in standing.missing)
    await store.log_step(session, case_id=case_id, at=now, actor="clock", step="escalated", details={"missing": missing})
    await emit(session, CaseOverdue(case_id=case_id, customer_id=case.customer_id, missing=standing.missing))
    return True


async def _locked(session: Session, case_id: UUID) -> Case:
    case = await store.lock_case(session, case_id)
    if case is None:
        raise CaseUnknown("no such case")
    return case
