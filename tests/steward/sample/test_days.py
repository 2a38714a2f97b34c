"""The days of the history: working days, pay days, and when money is spent."""

from datetime import date

from steward.sample.days import HISTORY_DAYS, history


def test_nine_months_end_on_the_day_asked_for() -> None:
    days = history(date(2026, 3, 18))
    assert days.on(days.last) == date(2026, 3, 18)
    assert days.on(0) == date(2025, 6, 17)
    assert sum(month.last - month.first + 1 for month in days.months) == HISTORY_DAYS


def test_a_make_up_day_is_a_working_day_and_a_bridged_day_is_not() -> None:
    days = history(date(2026, 3, 18))
    assert days.working[days.index(date(2026, 2, 14))], "Saturday, worked for the Spring Festival"
    assert not days.working[days.index(date(2026, 2, 20))]
    assert not days.working[days.index(date(2025, 10, 3))]


def test_a_pay_day_in_the_golden_week_moves_before_or_after_it() -> None:
    days = history(date(2026, 3, 18))
    due = days.index(date(2025, 10, 5))
    before, after = days.working_day(due, -1), days.working_day(due, 1)
    assert before is not None
    assert after is not None
    assert (days.on(before), days.on(after)) == (date(2025, 9, 30), date(2025, 10, 9))


def test_the_31st_of_a_short_month_is_its_last_day() -> None:
    days = history(date(2026, 3, 18))
    february = next(month for month in days.months if month.month == 2)
    day = days.in_month(february, 31)
    assert day is not None
    assert days.on(day) == date(2026, 2, 28)
    assert days.in_month(days.months[-1], 19) is None


def test_the_double_eleven_weighs_more_than_any_other_day_online() -> None:
    days = history(date(2026, 3, 18))
    weights = [after - before for before, after in zip((0.0, *days.online), days.online, strict=False)]
    assert days.on(weights.index(max(weights))) == date(2025, 11, 11)


def test_the_spring_festival_is_found_in_a_year_not_announced_yet() -> None:
    days = history(date(2099, 6, 1))
    assert [days.on(day) for day in days.festivals] == [date(2099, 1, 21)]
