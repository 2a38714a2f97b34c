"""What a case may do next (H19), and which needs become one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.values import Department, RuleBroken, SignalKind


class CaseState(StrEnum):
    """Where a case stands. Everything but CLOSED is open."""

    UNSTAFFED = "unstaffed"
    WORKING = "working"
    PROPOSED = "proposed"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a case ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CauseUnknown(RuleBroken):
    """The policy names no such cause."""

    rule = "cause-unknown"
    fix = "Name a cause of the case policy."


class OpenCaseExists(RuleBroken):
    """One customer has at most one open case for one cause."""

    rule = "open-case-exists"
    fix = "Work on the open case, or close it first."


class CaseNotWorking(RuleBroken):
    """The step needs a case whose team is at work."""

    rule = "case-not-working"
    fix = "Wait until a team stands; a proposed or closed case takes no more of these steps."


class NotOfTheTeam(RuleBroken):
    """Only the member for a department hands in its section."""

    rule = "not-the-departments-member"
    fix = "The member of the case's team for that department hands in the section."


class NotTheLead(RuleBroken):
    """The customer deals with one person: only the lead delivers and closes (H19)."""

    rule = "not-the-lead"
    fix = "The lead of the case's team does this."


class SectionsMissing(RuleBroken):
    """One integrated proposal needs the sections of all departments (H19)."""

    rule = "sections-missing"
    fix = "Hand in the sections of the departments named in `detail` first."


class CaseNotProposed(RuleBroken):
    """Accepted or declined is said of a proposal that was delivered."""

    rule = "case-not-proposed"
    fix = "Deliver the proposal first, or close the case as withdrawn."


@dataclass(frozen=True, slots=True)
class Cause:
    """A need that crosses departments, and who takes part."""

    code: str
    source: str
    title: str
    departments: tuple[Department, ...]
    lead: Department
    signals: frozenset[SignalKind]


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """The published case policy."""

    version: int
    deadline: timedelta
    staffing_retry: timedelta
    causes: Mapping[str, Cause]

    def cause(self, code: str) -> Cause:
        """The cause of that code. Raises `CauseUnknown`."""
        if code not in self.causes:
            raise CauseUnknown(f"known causes: {', '.join(sorted(self.causes))}", field="body.cause")
        return self.causes[code]

    def cause_of(self, signal: SignalKind) -> Cause | None:
        """The cause that a signal of this kind opens a case for."""
        return next((cause for cause in self.causes.values() if signal in cause.signals), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as the rules see it."""

    state: CaseState
    deadline: datetime
    departments: tuple[Department, ...]
    team: Mapping[Department, str]
    lead: str | None
    handed_in: Collection[Department]

    @property
    def missing(self) -> tuple[Department, ...]:
        """Departments whose section is not in."""
        return tuple(department for department in self.departments if department not in self.handed_in)


def may_hand_in(case: Standing, *, department: Department, staff_no: str | None) -> None:
    """Raises `CaseNotWorking` or `NotOfTheTeam`."""
    if case.state is not CaseState.WORKING:
        raise CaseNotWorking(f"the case is {case.state.value}")
    if department not in case.departments or staff_no is None or case.team.get(department) != staff_no:
        raise NotOfTheTeam(f"the section of {department.value} is another's to hand in", field="body.department")


def may_propose(case: Standing, *, staff_no: str | None, now: datetime) -> bool:
    """Whether the proposal is in time. Raises `CaseNotWorking`, `NotTheLead` or `SectionsMissing`."""
    if case.state is not CaseState.WORKING:
        raise CaseNotWorking(f"the case is {case.state.value}")
    _only_lead(case, staff_no)
    if case.missing:
        raise SectionsMissing(", ".join(department.value for department in case.missing))
    return now <= case.deadline


def may_close(case: Standing, *, outcome: CaseOutcome, staff_no: str | None) -> None:
    """Raises `CaseNotWorking` when closed already, `NotTheLead`, or `CaseNotProposed`.

    A case without a team has no lead: whoever may write cases withdraws it.
    """
    if case.state is CaseState.CLOSED:
        raise CaseNotWorking("the case is closed")
    if case.state is not CaseState.UNSTAFFED:
        _only_lead(case, staff_no)
    if outcome is not CaseOutcome.WITHDRAWN and case.state is not CaseState.PROPOSED:
        raise CaseNotProposed(f"the case is {case.state.value}", field="body.outcome")


def is_overdue(case: Standing, *, now: datetime) -> bool:
    """The 72 hours ended before a proposal was delivered."""
    return case.state in (CaseState.UNSTAFFED, CaseState.WORKING) and now >= case.deadline


def _only_lead(case: Standing, staff_no: str | None) -> None:
    if staff_no is None or case.lead != staff_no:
        raise NotTheLead("the lead of the team does this")
