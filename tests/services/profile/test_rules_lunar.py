"""The lunar calendar: known days, leap months, short months, and where it ends."""

from datetime import date, timedelta

import pytest
from holidays.calendars.chinese import _ChineseLunisolar

from services.profile.measuring.rules_language import lunar_calendar
from services.profile.rules.lunar import LunarYearUnpublished, birthdays_between, lunar_years


def test_every_new_year_and_mid_autumn_is_where_the_public_calendar_has_it():
    public, years = _ChineseLunisolar(), lunar_calendar()
    kept = {(lunar, day.year): day for day, lunar in birthdays_between(years, years[0].first, years[-1].end - timedelta(days=1))}
    for year in range(1991, 2056):
        assert kept["01-01", year] == public.lunar_new_year_date(year)[0]
        assert kept["08-15", year] == public.mid_autumn_date(year)[0]
        assert kept["05-05", year] == public.dragon_boat_date(year)[0]


def test_whoever_was_born_in_a_leap_month_keeps_the_day_once_in_the_ordinary_month():
    days = [day for day, lunar in birthdays_between(lunar_calendar(), date(2025, 1, 29), date(2026, 2, 16)) if lunar == "06-10"]
    assert days == [date(2025, 7, 4)]  # the leap sixth month of 2025 has its tenth on 3 August


def test_a_day_outside_the_calendar_is_refused_and_a_calendar_with_a_hole_is_no_calendar():
    with pytest.raises(LunarYearUnpublished):
        birthdays_between(lunar_calendar(), date(2057, 2, 1), date(2057, 3, 1))
    rows = [
        {"first_day": "2026-02-17", "leap_after": "0", "months": "LsLssLssLLLs"},
        {"first_day": "2027-02-07", "leap_after": "0", "months": "LLsLssLssLLs"},
    ]
    with pytest.raises(ValueError, match="does not end where the next begins"):
        lunar_years(rows)
    with pytest.raises(ValueError, match="12 months"):
        lunar_years([{**rows[0], "leap_after": "3"}])
