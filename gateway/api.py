"""The case desk over HTTP. The door admits callers first; every route still checks its capability, like any service."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.http import Caller, Documented, Now, PageDep, SessionDep, forbidden, operation
from chassis.pagination import Page, paged
from contracts.desk import (
    CaseIn,
    CaseOut,
    CaseRow,
    ClosingIn,
    ProposalIn,
    SectionIn,
    StaffBatchIn,
    StaffBatchOut,
    StaffOut,
)
from contracts.values import Scope
from gateway import store
from gateway.actions.directory import StaffTwice, put_staff
from gateway.actions.opening import open_case
from gateway.actions.work import CaseUnknown, close, deliver, hand_in
from gateway.models import Case
from gateway.policy import case_policy
from gateway.rules.cases import (
    CaseNotProposed,
    CaseNotWorking,
    CaseOutcome,
    CaseState,
    CauseUnknown,
    NotOfTheTeam,
    NotTheLead,
    OpenCaseExists,
    SectionsMissing,
)
from gateway.texts import Texts, TextsDep
from gateway.views import case_out, case_row, staff_out
from gateway.wording import WordingDep, WordingForbidden, WordingUnchecked

router = APIRouter()


def _naming_the_customer() -> Documented:
    """The door takes the customer from the body, and hands in a capability for that customer alone."""
    return {"x-access": {"scope": Scope.CASE_WRITE.value, "customer": "body"}}


@router.post("/v1/staff", **operation(scope=Scope.STAFF_WRITE, errors={StaffTwice: 422}))
async def put_staff_batch(batch: StaffBatchIn, caller: Caller, session: SessionDep, now: Now) -> StaffBatchOut:
    """Add and correct people of the staff directory, up to 1,000 at a time; waiting cases are tried again."""
    return await put_staff(session, items=batch.items, caller=caller, now=now)


@router.get("/v1/staff", **operation(scope=Scope.STAFF_READ))
async def read_staff(caller: Caller, session: SessionDep, page: PageDep) -> Page[StaffOut]:
    """The staff directory with everybody's open cases: the caller's branch, or all."""
    after = str(page.after[0]) if page.after else None
    rows = await store.staff_page(session, caller, limit=page.limit + 1, after=after)
    return paged(rows, limit=page.limit, item=staff_out, key=lambda row: (row[0].staff_no,))


@router.post(
    "/v1/cases",
    status_code=201,
    **operation(
        scope=Scope.CASE_WRITE,
        errors={CauseUnknown: 422, OpenCaseExists: 409, CaseUnknown: 404},
        openapi_extra=_naming_the_customer(),
    ),
)
async def open_new_case(wanted: CaseIn, caller: Caller, session: SessionDep, now: Now, texts: TextsDep) -> CaseOut:
    """Open a case for a need that crosses departments (H19): its team is chosen at once, and 72 hours run."""
    if caller.customer != wanted.customer_id:
        raise forbidden("customer-not-yours", fix="Ask the gateway for this customer; its token is good for one customer.")
    policy = case_policy()
    case_id = await open_case(
        session,
        customer_id=wanted.customer_id,
        cause=policy.cause(wanted.cause),
        policy=policy,
        opened_by=caller.subject,
        now=now,
    )
    await audit(session, caller=caller, act="case.open", customer_id=wanted.customer_id)
    case = await store.lock_case(session, case_id)
    return await case_out(session, _found(case), texts)


@router.get("/v1/cases", **operation(scope=Scope.CASE_READ))
async def read_cases(caller: Caller, session: SessionDep, page: PageDep, state: CaseState | None = None) -> Page[CaseRow]:
    """Cases, the newest first: those that the caller works on or opened, those of the branch, or all."""
    before = UUID(str(page.after[0])) if page.after else None
    cases = await store.visible_cases(session, caller, limit=page.limit + 1, before=before, state=state)
    leads = await store.leads_of(session, [case.case_id for case in cases])
    return paged(
        cases, limit=page.limit, item=lambda case: case_row(case, leads.get(case.case_id)), key=lambda c: (str(c.case_id),)
    )


@router.get("/v1/cases/{case_id}", **operation(scope=Scope.CASE_READ, errors={CaseUnknown: 404}))
async def read_case(case_id: UUID, caller: Caller, session: SessionDep, texts: TextsDep) -> CaseOut:
    """A case with its team and why each was chosen, its sections, its steps."""
    return await _told(session, case_id, caller, "case.read", texts)


@router.post(
    "/v1/cases/{case_id}/sections",
    **operation(scope=Scope.CASE_WRITE, errors={CaseUnknown: 404, CaseNotWorking: 409, NotOfTheTeam: 403, WordingForbidden: 422}),
)
async def hand_in_section(
    case_id: UUID, section: SectionIn, caller: Caller, session: SessionDep, now: Now, texts: TextsDep, wording: WordingDep
) -> CaseOut:
    """Hand in a department's section, without forbidden wording (H23, H29); again before the proposal replaces it."""
    await wording.check_draft(section.text, request_id=caller.request_id)
    await _visible(session, case_id, caller)
    await hand_in(
        session,
        case_id=case_id,
        department=section.department,
        text=section.text,
        texts=texts,
        staff_no=caller.staff_no,
        now=now,
    )
    return await _told(session, case_id, caller, "case.section", texts)


@router.post(
    "/v1/cases/{case_id}/proposal",
    **operation(
        scope=Scope.CASE_WRITE,
        errors={
            CaseUnknown: 404,
            CaseNotWorking: 409,
            NotTheLead: 403,
            SectionsMissing: 409,
            WordingForbidden: 422,
            WordingUnchecked: 503,
        },
    ),
)
async def deliver_proposal(
    case_id: UUID, proposal: ProposalIn, caller: Caller, session: SessionDep, now: Now, texts: TextsDep, wording: WordingDep
) -> CaseOut:
    """Deliver the one integrated proposal, when all sections are in and its wording passes. Only the lead delivers."""
    await wording.check_leaving(proposal.text, request_id=caller.request_id)
    await _visible(session, case_id, caller)
    await deliver(session, case_id=case_id, text=proposal.text, texts=texts, staff_no=caller.staff_no, now=now)
    return await _told(session, case_id, caller, "case.proposal", texts)


@router.post(
    "/v1/cases/{case_id}/closing",
    **operation(
        scope=Scope.CASE_WRITE,
        errors={CaseUnknown: 404, CaseNotWorking: 409, NotTheLead: 403, CaseNotProposed: 409},
    ),
)
async def close_case(
    case_id: UUID, closing: ClosingIn, caller: Caller, session: SessionDep, now: Now, texts: TextsDep
) -> CaseOut:
    """End a case: accepted or declined after the proposal, withdrawn at any time."""
    await _visible(session, case_id, caller)
    outcome = CaseOutcome(closing.outcome)
    await close(session, case_id=case_id, outcome=outcome, actor=caller.subject, staff_no=caller.staff_no, now=now)
    return await _told(session, case_id, caller, "case.close", texts)


async def _told(session: Session, case_id: UUID, caller: Capability, act: str, texts: Texts) -> CaseOut:
    """The case for its answer, with the act in the audit log."""
    case = await _visible(session, case_id, caller)
    await audit(session, caller=caller, act=act, customer_id=case.customer_id)
    return await case_out(session, case, texts)


async def _visible(session: Session, case_id: UUID, caller: Capability) -> Case:
    return _found(await store.visible_case(session, case_id, caller))


def _found(case: Case | None) -> Case:
    """Raises `CaseUnknown`: a case out of reach looks like one that is not there."""
    if case is None:
        raise CaseUnknown("no such case within your reach")
    return case
