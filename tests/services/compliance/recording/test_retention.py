"""How long a recording is kept, pure."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import ProductClass
from services.compliance.documents.kinds import KINDS
from services.compliance.recording.documents import RETENTION
from services.compliance.recording.rules.retention import (
    DisputeStateWrong,
    Notice,
    NoticeDayWrong,
    NoticeKind,
    RetentionRule,
    RetentionRuns,
    check_notice,
    retention,
)
from tests.services.compliance.recording.builders import day, keeping

OPENED = day("2026-03-02")
ENDED = Notice(NoticeKind.CONTRACT_ENDED, day("2027-01-10"))


def kept(*notices, policy=None, product_class=ProductClass.FUND, product="FD-1", term=None, floor=1):
    policy = policy or KINDS.parse(RETENTION, KINDS.shipped(RETENTION)).policy(1)
    applying = policy.applying(product_class=product_class, product_code=product, term_months=term)
    return retention(policy, applying, notices, floor_years=floor, opened_on=OPENED)


def opened(reference, on):
    return Notice(NoticeKind.DISPUTE_OPENED, day(on), reference)


def closed(reference, on):
    return Notice(NoticeKind.DISPUTE_CLOSED, day(on), reference)


def test_without_an_end_of_the_contract_a_recording_is_kept_for_ever():
    found = kept()
    assert (found.until, found.reasons[0].clause) == (None, "Order 7 of 2025 art. 17")
    with pytest.raises(RetentionRuns):
        found.allow_deletion(day("2099-01-01"))


@pytest.mark.parametrize(
    ("product_class", "term", "until"),
    [
        (ProductClass.FUND, None, "2032-01-10"),
        (ProductClass.INSURANCE, 12, "2032-01-10"),
        (ProductClass.INSURANCE, 13, "2037-01-10"),
        (ProductClass.INSURANCE, None, "2037-01-10"),
    ],
)
def test_five_years_after_the_contract_and_ten_for_insurance_of_more_than_a_year(product_class, term, until):
    found = kept(ENDED, product_class=product_class, term=term)
    assert found.until == day(until)
    found.allow_deletion(day(until) + timedelta(days=1))
    with pytest.raises(RetentionRuns):
        found.allow_deletion(day(until))


def test_the_banks_own_rule_for_a_product_wins_where_it_is_longer():
    policy = keeping(RetentionRule("own", 20, "110", products=frozenset({"FD-1"})))
    assert kept(ENDED, policy=policy).until == day("2047-01-10")
    assert kept(ENDED, policy=policy, product="FD-2").until == day("2032-01-10")


def test_a_later_policy_never_shortens_what_was_promised():
    found = kept(ENDED, policy=keeping(), floor=10)
    assert (found.until, found.reasons[0].code) == (day("2037-01-10"), "promised-at-opening")


def test_an_open_dispute_keeps_a_recording_and_a_closed_one_two_years_more():
    open_one = opened("D-1", "2031-12-01")
    assert kept(ENDED, open_one).until is None
    assert kept(ENDED, open_one, closed("D-1", "2032-01-01")).until == day("2034-01-01")
    assert kept(ENDED, opened("D-1", "2027-02-01"), closed("D-1", "2027-03-01")).until == day("2032-01-10")


def test_a_dispute_that_is_closed_leaves_another_one_open():
    assert kept(ENDED, opened("D-1", "2027-02-01"), opened("D-2", "2027-02-02"), closed("D-1", "2027-03-01")).until is None


def test_the_29th_of_february_is_kept_a_day_longer_rather_than_shorter():
    assert kept(Notice(NoticeKind.NOT_CONCLUDED, day("2028-02-29"))).until == day("2033-03-01")


@pytest.mark.parametrize(
    ("notice", "broken"),
    [
        (Notice(NoticeKind.CONTRACT_ENDED, day("2026-03-01")), NoticeDayWrong),
        (Notice(NoticeKind.CONTRACT_ENDED, day("2030-01-02")), NoticeDayWrong),
        (opened("D-1", "2027-01-01"), DisputeStateWrong),
        (closed("D-2", "2027-01-01"), DisputeStateWrong),
    ],
)
def test_what_cannot_have_happened_is_not_reported(notice, broken):
    with pytest.raises(broken):
        check_notice([opened("D-1", "2026-05-01")], notice, opened_on=OPENED, today=day("2030-01-01"))


_DAYS = st.dates(min_value=day("2026-03-02"), max_value=day("2040-12-28"))
_CLOSED = st.lists(st.tuples(st.sampled_from(["D-1", "D-2"]), _DAYS), max_size=2, unique_by=lambda pair: pair[0])


@settings(max_examples=50, deadline=None)
@given(ended=_DAYS, disputes=_CLOSED, years=st.integers(1, 30), longer=st.integers(1, 30))
def test_no_further_rule_and_no_dispute_makes_it_shorter(ended, disputes, years, longer):
    notices = [Notice(NoticeKind.CONTRACT_ENDED, ended)]
    least = kept(*notices, policy=keeping(RetentionRule("a", years, "a")))
    more = kept(
        *notices,
        *(Notice(NoticeKind.DISPUTE_OPENED, on, number) for number, on in disputes),
        *(Notice(NoticeKind.DISPUTE_CLOSED, on, number) for number, on in disputes),
        policy=keeping(RetentionRule("a", years, "a"), RetentionRule("b", longer, "b")),
    )
    assert more.until >= least.until
    assert more.until.year >= ended.year + max(5, years, longer)
