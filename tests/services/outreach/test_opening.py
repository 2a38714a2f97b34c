"""What tiers, signals and birthdays bring."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from contracts.values import SignalKind, Tier
from services.outreach.policy import shipped
from services.outreach.rules.cadence import Span
from services.outreach.rules.calendar import SHANGHAI
from services.outreach.rules.opening import Opening, wish_for
from services.outreach.rules.periods import age_on, birthday_in, period_of, periods_between
from tests.services.outreach.builders import NOW, TODAY

POLICY = shipped()


def opened_on(day: date, tier: Tier) -> Counter[tuple[str, str]]:
    opening = Opening(cadence=POLICY.cadence, calendar=POLICY.calendar, today=day)
    return Counter((opened.kind, opened.period) for opened in opening.obligations(uuid4(), tier))


def test_a_vip_is_owed_one_deep_talk_for_each_month_that_the_horizon_touches():
    assert opened_on(date(2026, 11, 2), Tier.VIP) == {("deep_talk", "2026-11"): 1}
    assert opened_on(date(2026, 11, 10), Tier.VIP) == {("deep_talk", "2026-11"): 1, ("deep_talk", "2026-12"): 1}


def test_a_potential_customer_is_owed_value_content_each_fortnight_and_a_survey_each_month():
    assert opened_on(date(2026, 11, 2), Tier.POTENTIAL) == {
        ("value_content", "2026-11-02/P14D"): 1,
        ("value_content", "2026-11-16/P14D"): 1,
        ("needs_survey", "2026-11"): 1,
    }


def test_an_ordinary_customer_is_owed_a_reminder_each_month_and_a_questionnaire_each_quarter():
    assert opened_on(date(2026, 11, 2), Tier.ORDINARY) == {("service_reminder", "2026-11"): 1, ("questionnaire", "2026-Q4"): 1}


def test_who_enters_a_tier_in_the_last_days_of_a_month_is_owed_nothing_for_it():
    assert ("deep_talk", "2026-11") in opened_on(date(2026, 11, 21), Tier.VIP)
    assert ("deep_talk", "2026-11") not in opened_on(date(2026, 11, 22), Tier.VIP)


def test_targets_of_one_customer_in_following_months_lie_about_a_month_apart():
    gaps = set()
    for _ in range(50):
        customer = uuid4()
        targets = []
        for day in (date(2026, 8, 1), date(2026, 9, 1)):
            opening = Opening(cadence=POLICY.cadence, calendar=POLICY.calendar, today=day)
            targets.append(opening.obligations(customer, Tier.ORDINARY)[0].target)
        gaps.add((targets[1] - targets[0]).days)
    assert min(gaps) >= 28
    assert max(gaps) <= 33


def test_targets_of_many_customers_spread_over_the_days_without_heaps():
    opening = Opening(cadence=POLICY.cadence, calendar=POLICY.calendar, today=date(2026, 11, 1))
    days = Counter(opening.obligations(uuid4(), Tier.ORDINARY)[0].target for _ in range(6_000))
    assert len(days) == 30
    assert max(days.values()) < 1.4 * 200


def test_no_target_lies_on_a_day_that_is_closed_for_the_first_choice_of_channel():
    opening = Opening(cadence=POLICY.cadence, calendar=POLICY.calendar, today=date(2026, 11, 1))
    surveys = [
        opened for _ in range(300) for opened in opening.obligations(uuid4(), Tier.POTENTIAL) if opened.kind == "needs_survey"
    ]
    assert all(opened.target.weekday() < 5 for opened in surveys)


def test_a_birthday_within_the_horizon_brings_a_greeting_for_that_day_alone():
    opening = Opening(cadence=POLICY.cadence, calendar=POLICY.calendar, today=date(2026, 12, 20))
    greeting = opening.birthday(date(1980, 1, 5))
    assert greeting is not None
    assert (greeting.first, greeting.last, greeting.period) == (date(2027, 1, 5), date(2027, 1, 5), "2027")
    assert opening.birthday(date(1980, 2, 5)) is None


@pytest.mark.parametrize(("year", "kept"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
def test_a_birthday_on_29_february_is_kept_on_the_28th_in_years_without_one(year, kept):
    assert birthday_in(date(2000, 2, 29), year) == kept


def test_age_counts_completed_years():
    assert age_on(date(2012, 11, 3), date(2026, 11, 2)) == 13
    assert age_on(date(2012, 11, 2), date(2026, 11, 2)) == 14


@pytest.mark.parametrize("kind", [kind for kind in SignalKind if kind not in (SignalKind.COMPLEX_NEED, SignalKind.BIRTHDAY)])
def test_every_signal_but_the_complex_need_brings_a_wish(kind):
    wish = wish_for(POLICY.cadence, kind, as_of=TODAY, raised_at=NOW, today=TODAY)
    assert wish is not None
    assert wish.first == TODAY


def test_a_complex_need_is_left_to_the_case_desk():
    assert wish_for(POLICY.cadence, SignalKind.COMPLEX_NEED, as_of=TODAY, raised_at=NOW, today=TODAY) is None


def test_a_large_outflow_must_be_confirmed_within_24_hours_of_the_signal():
    wish = wish_for(POLICY.cadence, SignalKind.LARGE_OUTFLOW, as_of=TODAY, raised_at=NOW, today=TODAY)
    assert wish is not None
    assert wish.due_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize("span", list(Span))
def test_periods_tile_the_calendar_without_gap_or_overlap(span):
    periods = periods_between(span, date(2024, 12, 20), date(2028, 3, 5))
    for before, after in pairwise(periods):
        assert after.first == before.last + timedelta(days=1)
        assert after.number == before.number + 1
    assert len({period.code for period in periods}) == len(periods)
    assert all(period_of(span, day) == period for period in periods for day in (period.first, period.last))


def test_days_are_those_of_shanghai():
    assert NOW.astimezone(SHANGHAI).date() == TODAY
