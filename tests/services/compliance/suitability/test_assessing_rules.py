from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import Tolerance
from services.compliance.suitability.rules.assessing import (
    AnswersIncomplete,
    AssessedTooOften,
    age_on,
    assess,
    check_often,
    is_due,
    level_of,
    months_after,
    reminder_days,
    valid_until,
)
from tests.services.compliance.suitability.builders import POLICY, QUESTIONNAIRE

RULES = POLICY.assessment
DAY = date(2026, 3, 2)
BEST = {asked.code: max(asked.options, key=lambda option: option.points).code for asked in QUESTIONNAIRE.questions}


def test_the_points_of_the_answers_give_the_level():
    result = assess(QUESTIONNAIRE, BEST)
    assert (result.score, result.level) == (100, Tolerance.C5)
    assert (result.income_fen, result.assets_fen) == (500_000_000, 2_000_000_000)


def test_who_can_bear_no_loss_is_c1_whatever_the_points_say():
    result = assess(QUESTIONNAIRE, {**BEST, "loss": "a"})
    assert (result.score, result.level) == (88, Tolerance.C1)


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ({code: answer for code, answer in BEST.items() if code != "debts"}, "body.answers.debts"),
        ({**BEST, "debts": "z"}, "body.answers.debts"),
        ({**BEST, "shoe_size": "a"}, "body.answers"),
    ],
)
def test_incomplete_answers_are_refused_with_their_place(answers, place):
    with pytest.raises(AnswersIncomplete) as refused:
        assess(QUESTIONNAIRE, answers)
    assert refused.value.field == place
    assert "shoe" not in refused.value.detail


@settings(max_examples=50, deadline=None)
@given(st.fixed_dictionaries({q.code: st.sampled_from([o.code for o in q.options]) for q in QUESTIONNAIRE.questions}), st.data())
def test_a_bolder_answer_never_lowers_the_level(answers, data):
    asked = data.draw(st.sampled_from(QUESTIONNAIRE.questions))
    caps = [option for option in asked.options if option.at_most is None]
    bolder = max(caps, key=lambda option: option.points).code
    assert assess(QUESTIONNAIRE, {**answers, asked.code: bolder}).level >= assess(QUESTIONNAIRE, answers).level


def test_every_level_ends_at_its_own_score():
    for first, last, level in [(0, 24, "C1"), (25, 42, "C2"), (43, 62, "C3"), (63, 80, "C4"), (81, 100, "C5")]:
        assert {level_of(QUESTIONNAIRE, score).value for score in (first, last)} == {level}


def test_a_third_assessment_on_a_day_is_refused():
    check_often([DAY], today=DAY, policy=RULES)
    with pytest.raises(AssessedTooOften):
        check_often([DAY, DAY], today=DAY, policy=RULES)


def test_a_ninth_assessment_in_twelve_months_is_refused_and_a_year_later_not():
    earlier = [date(2025, 3, 3) + timedelta(days=30 * number) for number in range(8)]
    with pytest.raises(AssessedTooOften):
        check_often(earlier, today=DAY, policy=RULES)
    check_often(earlier, today=DAY + timedelta(days=1), policy=RULES)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
    ],
)
def test_months_end_where_the_calendar_says(day, months, expected):
    assert months_after(day, months) == expected


def test_an_assessment_holds_twelve_months_and_is_remembered_60_30_and_7_days_before():
    until = valid_until(DAY, RULES)
    assert until == date(2027, 3, 2)
    assert reminder_days(until, RULES) == [(60, date(2027, 1, 1)), (30, date(2027, 1, 31)), (7, date(2027, 2, 23))]


@pytest.mark.parametrize(("left", "due"), [(60, [60]), (31, [60]), (30, [30]), (8, [30]), (7, [7]), (1, [7]), (0, []), (-3, [])])
def test_after_a_jump_of_the_clock_only_the_reminder_of_the_day_speaks(left, due):
    until = DAY + timedelta(days=left)
    speaking = [
        days for days in RULES.remind_days if days >= left and is_due(reminder=days, today=DAY, until=until, policy=RULES)
    ]
    assert speaking == due


def test_age_is_full_years():
    assert age_on(date(1961, 3, 2), DAY) == 65
    assert age_on(date(1961, 3, 3), DAY) == 64
