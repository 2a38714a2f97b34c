"""What a case may do next (H19)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.values import Department, SignalKind
from gateway.policy import case_policy, parse_cases
from gateway.rules.cases import (
    CaseNotProposed,
    CaseNotWorking,
    CaseOutcome,
    CaseState,
    CauseUnknown,
    NotOfTheTeam,
    NotTheLead,
    SectionsMissing,
    Standing,
    is_overdue,
    may_close,
    may_hand_in,
    may_propose,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEAM = {Department.PERSONAL_LOANS: "L1", Department.PRIVATE_BANKING: "P1", Department.CORPORATE: "C1"}


def standing(
    state: CaseState = CaseState.WORKING, *, handed_in: tuple[Department, ...] = (), lead: str | None = "P1"
) -> Standing:
    return Standing(
        state=state,
        deadline=NOW + timedelta(hours=72),
        departments=tuple(TEAM),
        team=TEAM,
        lead=lead,
        handed_in=handed_in,
    )


def test_the_policy_brings_three_departments_together_for_business_loan_and_succession() -> None:
    cause = case_policy().cause_of(SignalKind.COMPLEX_NEED)
    assert cause is not None
    assert set(cause.departments) == set(TEAM)
    assert case_policy().deadline == timedelta(hours=72)


def test_other_signals_open_no_case() -> None:
    for kind in SignalKind:
        if kind is not SignalKind.COMPLEX_NEED:
            assert case_policy().cause_of(kind) is None


def test_an_unknown_cause_is_refused_by_name() -> None:
    with pytest.raises(CauseUnknown, match="business_succession"):
        case_policy().cause("moon")


def test_a_lead_outside_the_departments_is_refused_when_the_policy_is_read() -> None:
    text = "{version: 1, deadline_hours: 72, staffing_retry_minutes: 1, causes: {x: {source: H19, title: x, "
    with pytest.raises(ValidationError, match="lead"):
        parse_cases(text + "departments: [wealth], lead: corporate, signals: []}}}")


def test_the_member_of_a_department_hands_in_its_section() -> None:
    may_hand_in(standing(), department=Department.CORPORATE, staff_no="C1")


@pytest.mark.parametrize("staff_no", ["L1", "P1", "X9", None])
def test_nobody_else_hands_in_a_section(staff_no: str | None) -> None:
    with pytest.raises(NotOfTheTeam):
        may_hand_in(standing(), department=Department.CORPORATE, staff_no=staff_no)


@pytest.mark.parametrize("state", [CaseState.UNSTAFFED, CaseState.PROPOSED, CaseState.CLOSED])
def test_sections_and_proposals_need_a_team_at_work(state: CaseState) -> None:
    with pytest.raises(CaseNotWorking):
        may_hand_in(standing(state), department=Department.CORPORATE, staff_no="C1")
    with pytest.raises(CaseNotWorking):
        may_propose(standing(state, handed_in=tuple(TEAM)), staff_no="P1", now=NOW)


@given(st.sets(st.sampled_from(sorted(TEAM))))
def test_the_proposal_needs_every_section(handed_in: set[Department]) -> None:
    case = standing(handed_in=tuple(handed_in))
    if handed_in == set(TEAM):
        assert may_propose(case, staff_no="P1", now=NOW)
    else:
        with pytest.raises(SectionsMissing) as broken:
            may_propose(case, staff_no="P1", now=NOW)
        assert set(broken.value.detail.split(", ")) == {d.value for d in set(TEAM) - handed_in}


@pytest.mark.parametrize("staff_no", ["L1", "C1", None])
def test_only_the_lead_speaks_with_the_customer(staff_no: str | None) -> None:
    with pytest.raises(NotTheLead):
        may_propose(standing(handed_in=tuple(TEAM)), staff_no=staff_no, now=NOW)
    with pytest.raises(NotTheLead):
        may_close(standing(CaseState.PROPOSED), outcome=CaseOutcome.ACCEPTED, staff_no=staff_no)


def test_a_proposal_after_72_hours_is_late() -> None:
    case = standing(handed_in=tuple(TEAM))
    assert may_propose(case, staff_no="P1", now=case.deadline)
    assert not may_propose(case, staff_no="P1", now=case.deadline + timedelta(seconds=1))


def test_only_a_delivered_proposal_is_accepted_or_declined() -> None:
    may_close(standing(CaseState.PROPOSED), outcome=CaseOutcome.DECLINED, staff_no="P1")
    with pytest.raises(CaseNotProposed):
        may_close(standing(CaseState.WORKING), outcome=CaseOutcome.ACCEPTED, staff_no="P1")
    may_close(standing(CaseState.WORKING), outcome=CaseOutcome.WITHDRAWN, staff_no="P1")


def test_a_closed_case_stays_closed() -> None:
    with pytest.raises(CaseNotWorking):
        may_close(standing(CaseState.CLOSED), outcome=CaseOutcome.WITHDRAWN, staff_no="P1")


def test_a_case_without_a_team_can_be_withdrawn_by_whoever_writes_cases() -> None:
    may_close(standing(CaseState.UNSTAFFED, lead=None), outcome=CaseOutcome.WITHDRAWN, staff_no="A1")


@pytest.mark.parametrize(
    ("state", "overdue"),
    [
        (CaseState.UNSTAFFED, True),
        (CaseState.WORKING, True),
        (CaseState.PROPOSED, False),
        (CaseState.CLOSED, False),
    ],
)
def test_only_a_case_without_a_proposal_becomes_overdue(state: CaseState, overdue: bool) -> None:
    case = standing(state)
    assert not is_overdue(case, now=case.deadline - timedelta(seconds=1))
    assert is_overdue(case, now=case.deadline) is overdue
