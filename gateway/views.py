"""Rows as the case desk shows them."""

from chassis.database import Session
from contracts.desk import CaseOut, CaseRow, MemberOut, SectionOut, StaffOut, StepOut
from contracts.values import Department
from gateway import store
from gateway.models import Case, CaseSection, Staff
from gateway.texts import PROPOSAL, SECTION, Texts


def staff_out(row: tuple[Staff, int]) -> StaffOut:
    """A person with the number of their open cases."""
    person, open_cases = row
    return StaffOut(**person.model_dump(), open_cases=open_cases)


def case_row(case: Case, lead: str | None) -> CaseRow:
    """A case as a list shows it."""
    shown = case.model_dump(include=set(CaseRow.model_fields))
    return CaseRow(**shown, overdue=case.overdue_at is not None, lead=lead)


async def case_out(session: Session, case: Case, texts: Texts) -> CaseOut:
    """A case with everything that belongs to it."""
    await session.flush()
    team = await store.team_of(session, case.case_id)
    sections = await store.sections_of(session, case.case_id)
    proposal = await store.proposal_of(session, case.case_id)
    handed_in = {section.department for section in sections}
    departments = [Department(name) for name in case.departments]
    return CaseOut(
        **case_row(case, next((member.staff_no for member, _ in team if member.lead), None)).model_dump(),
        departments=departments,
        opened_by=case.opened_by,
        proposed_at=case.proposed_at,
        closed_at=case.closed_at,
        outcome=case.outcome,
        members=[MemberOut(**member.model_dump(), display_name=name) for member, name in team],
        missing_sections=[name for name in departments if name not in handed_in],
        sections=[_section_out(section, texts) for section in sections],
        proposal=texts.opened(PROPOSAL, case.case_id, "", proposal.text) if proposal else None,
        steps=[StepOut(**step.model_dump()) for step in await store.steps_of(session, case.case_id)],
    )


def _section_out(section: CaseSection, texts: Texts) -> SectionOut:
    text = texts.opened(SECTION, section.case_id, section.department, section.text)
    return SectionOut(**section.model_dump(exclude={"text"}), text=text)
