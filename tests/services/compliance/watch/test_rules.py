"""The watch, decided purely."""

from datetime import timedelta
from uuid import uuid4

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.values import SignalKind
from services.compliance.watch.policy import parse, rules, shipped
from services.compliance.watch.rules import (
    AlertOutcome,
    Announcement,
    AttemptsMissing,
    ContactMissing,
    Owner,
    Standing,
    announced,
    check_outcome,
    due_rungs,
    owner_of,
)
from tests.services.compliance.watch.builders import DAY, NOON

TODAY = NOON.date()
WINDOW = timedelta(hours=24)


def standing(kind=SignalKind.LARGE_OUTFLOW, *, closed=False, contacted=False, escalated=False, attempts=0) -> Standing:
    return Standing(kind, closed, contacted, escalated, attempts)


def announcement(*, first=TODAY, last=TODAY, left_fen=100, announced_on=TODAY) -> Announcement:
    return Announcement(uuid4(), first, last, left_fen, announced_on)


def test_the_owner_is_the_adviser_else_the_branch_else_compliance():
    assert owner_of("A1", "0101") == (Owner.STAFF, "A1")
    assert owner_of(None, "0101") == (Owner.BRANCH, "0101")
    assert owner_of(None, None) == (Owner.COMPLIANCE, None)


@given(st.lists(st.integers(min_value=-72, max_value=72), max_size=30))
@settings(max_examples=200)
def test_however_the_clock_jumps_each_rung_fires_once_in_order_and_none_before_its_time(hours):
    fired: list[int] = []
    for hour in [*hours, 24]:
        now = NOON + timedelta(hours=hour)
        due = due_rungs(rules().rungs, raised_at=NOON, window=WINDOW, fired=frozenset(fired), now=now)
        assert all(rung.due_at(NOON, WINDOW) <= now for rung in due)
        fired += [rung.percent for rung in due]
    assert fired == [50, 80, 100]


def test_rungs_stand_at_12_hours_19_hours_and_12_minutes_and_24_hours():
    moments = [rung.due_at(NOON, WINDOW) - NOON for rung in rules().rungs]
    assert moments == [timedelta(hours=12), timedelta(hours=19, minutes=12), timedelta(hours=24)]


@pytest.mark.parametrize(
    ("given_one", "covers"),
    [
        (announcement(), True),
        (announcement(left_fen=99), False),
        (announcement(first=TODAY + DAY, last=TODAY + DAY), False),
        (announcement(first=TODAY - DAY, last=TODAY - DAY, announced_on=TODAY - DAY), False),
        (announcement(first=TODAY - DAY, announced_on=TODAY + DAY), False),
    ],
)
def test_an_announcement_covers_an_outflow_of_its_days_and_amount_that_it_preceded(given_one, covers):
    assert (announced([given_one], day=TODAY, amount_fen=100) is given_one) == covers


def test_of_several_announcements_the_one_that_ends_first_is_used():
    late, early = announcement(last=TODAY + DAY), announcement()
    assert announced([late, early], day=TODAY, amount_fen=1) is early


def test_fraud_may_be_suspected_without_a_contact_and_nothing_else_may_be_known():
    check_outcome(rules(), standing(), AlertOutcome.FRAUD_SUSPECTED, reason=None, advice_given=False)
    with pytest.raises(ContactMissing):
        check_outcome(rules(), standing(attempts=9), AlertOutcome.EXPLAINED, reason="tuition", advice_given=False)


def test_who_was_reached_is_not_unreachable():
    with pytest.raises(AttemptsMissing):
        check_outcome(rules(), standing(contacted=True, attempts=5), AlertOutcome.UNREACHABLE, reason=None, advice_given=False)


@pytest.mark.parametrize(
    "change",
    [
        {"rungs": [{"percent": 80, "step": "escalate", "audience": ["owner"], "text": {"zh": "x", "en": "x"}}]},
        {"rungs": [{"percent": 100, "step": "remind", "audience": ["owner"], "text": {"zh": "x", "en": "x"}}]},
        {"attempts_until_unreachable": 0},
        {"surprise": 1},
    ],
)
def test_a_policy_that_does_not_end_in_an_escalation_or_has_a_wrong_word_is_refused(change):
    document = yaml.safe_load(yaml.safe_dump(shipped().model_dump(mode="json")))
    assert parse(yaml.safe_dump(document)) == shipped()
    with pytest.raises(ValidationError):
        parse(yaml.safe_dump({**document, **change}))
