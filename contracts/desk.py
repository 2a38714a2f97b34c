"""Shapes of the gateway's own operations: who am I, a customer at a glance, staff, and the case desk (H19)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.values import Department, Purpose, Reach, Role, Scope

StaffNo = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MeOut(BaseModel):
    """What the gateway knows of the caller, and what the caller's roles may do."""

    subject: str
    roles: list[Role]
    staff_no: str | None = None
    branch: str | None = None
    customer_id: UUID | None = None
    scopes: dict[Scope, Reach]
    purposes: list[Purpose]


class MissingSection(BaseModel):
    """A part of the overview that is not there. `reason` is a rule's name, such as `upstream-timeout`."""

    section: str
    service: str
    reason: str
    status: int | None = None


class AlertScriptOut(BaseModel):
    """What to say in an urgent contact, with the last digits of the account (H25)."""

    alert_id: UUID
    customer_id: UUID
    zh: str
    en: str


class OverviewOut(BaseModel):
    """A customer at a glance. Each section is the owning service's own answer, or null and named under `missing`.
    Sections that the caller's role does not see are left out."""

    customer_id: UUID
    complete: bool
    profile: dict[str, Any] | None = None  # Any: the answer of profile, as it came
    tier: dict[str, Any] | None = None  # Any: the answer of tiering
    plan: dict[str, Any] | None = None  # Any: the answer of outreach
    audit: dict[str, Any] | None = None  # Any: the answer of compliance
    referral: dict[str, Any] | None = None  # Any: the answer of referral
    missing: list[MissingSection]


class StaffIn(_In):
    """A person of the staff directory. The staff number is the key: the same person again is corrected."""

    staff_no: StaffNo
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    branch: Branch
    departments: list[Department] = Field(min_length=1, max_length=len(Department))
    case_cap: int = Field(default=10, ge=0, le=100, description="Open cases at a time, at most.")
    active: bool = True


class StaffBatchIn(_In):
    """People to put into the directory, each once."""

    items: list[StaffIn] = Field(min_length=1, max_length=1_000)


class StaffBatchOut(BaseModel):
    """What came of a batch."""

    created: int
    changed: int
    unchanged: int


class StaffOut(BaseModel):
    """A person of the staff directory, with the number of open cases."""

    staff_no: str
    display_name: str
    branch: str
    departments: list[Department]
    case_cap: int
    active: bool
    open_cases: int


class CaseIn(_In):
    """A need that crosses departments, as staff see it."""

    customer_id: UUID
    cause: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")] = Field(examples=["business_succession"])


class MemberOut(BaseModel):
    """One person of a case's team, with the reasons for the choice as codes."""

    staff_no: str
    display_name: str
    department: Department
    lead: bool
    reasons: list[str]


class SectionOut(BaseModel):
    """A department's section of the proposal."""

    department: Department
    staff_no: str
    text: str
    handed_in_at: datetime


class StepOut(BaseModel):
    """One step of a case."""

    at: datetime
    actor: str
    step: str
    details: dict[str, int | str]


class CaseRow(BaseModel):
    """A case as a list shows it."""

    case_id: UUID
    customer_id: UUID
    cause: str
    state: Literal["unstaffed", "working", "proposed", "closed"]
    branch: str | None
    opened_at: datetime
    deadline: datetime
    overdue: bool
    lead: str | None = Field(description="Staff number of the one person whom the customer deals with; null while unstaffed.")


class CaseOut(CaseRow):
    """A case with its team, sections and steps."""

    departments: list[Department]
    opened_by: str
    proposed_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    members: list[MemberOut]
    missing_sections: list[Department]
    sections: list[SectionOut]
    proposal: str | None
    steps: list[StepOut]


class SectionIn(_In):
    """A department hands in its section; handing it in again before the proposal replaces it."""

    department: Department
    text: Text


class ProposalIn(_In):
    """The integrated proposal, as the lead delivers it to the customer."""

    text: Text


class ClosingIn(_In):
    """How a case ends."""

    outcome: Literal["accepted", "declined", "withdrawn"]
