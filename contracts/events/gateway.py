"""What the gateway's case desk tells: cases, teams, sections, clocks (H19)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.events.base import Code, Event, Part
from contracts.values import Department


class CaseEvent(Event):
    """Common to all events of a case; `version` runs per type and case."""

    case_id: UUID
    customer_id: UUID
    version: int = 1


class CaseOpened(CaseEvent):
    """A need that crosses departments became a case with a 72-hour clock."""

    type: ClassVar[str] = "gateway.case.opened.v1"
    key: ClassVar[str] = "case_id"

    cause: Code
    deadline: datetime
    departments: tuple[Department, ...]


class TeamMember(Part):
    """One person of a case team."""

    staff_no: Code
    department: Department
    lead: bool


class TeamAssembled(CaseEvent):
    """A team stands: one person for each department, exactly one lead. A later version replaces the team."""

    type: ClassVar[str] = "gateway.team.assembled.v1"
    key: ClassVar[str] = "case_id"

    members: tuple[TeamMember, ...]
    until: datetime


class SectionSubmitted(CaseEvent):
    """A department handed in its section of the proposal."""

    type: ClassVar[str] = "gateway.section.submitted.v1"
    key: ClassVar[str] = "case_id"

    department: Department
    staff_no: Code


class ProposalDelivered(CaseEvent):
    """The integrated proposal went to the customer through the lead."""

    type: ClassVar[str] = "gateway.proposal.delivered.v1"
    key: ClassVar[str] = "case_id"

    staff_no: Code
    in_time: bool


class CaseOverdue(CaseEvent):
    """The 72 hours ended before the proposal was delivered; the case is escalated."""

    type: ClassVar[str] = "gateway.case.overdue.v1"
    key: ClassVar[str] = "case_id"

    missing: tuple[Department, ...]


class CaseClosed(CaseEvent):
    """A case ended."""

    type: ClassVar[str] = "gateway.case.closed.v1"
    key: ClassVar[str] = "case_id"

    outcome: Code
