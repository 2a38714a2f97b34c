"""The documents that come with the release, and what is refused."""

from datetime import date, time, timedelta
from importlib.resources import files

import pytest
import yaml

from chassis.ids import new_id
from contracts.values import Tier
from services.outreach.holiday_table import YearNotAnnounced, table
from services.outreach.policy import read_cadence, shipped
from services.outreach.rules import reasons
from services.outreach.rules.cadence import CadenceInvalid, DayClass
from services.outreach.rules.calendar import CalendarUnpublished
from services.outreach.rules.reasons import Reason
from services.outreach.rules.revision import Dossier, Reviser, State
from tests.services.outreach.builders import NOW, a_moment

CADENCE = (files("services.outreach") / "policies" / "cadence.yaml").read_text(encoding="utf-8")
CALENDAR = shipped().calendar


def changed(**changes: object) -> str:
    return yaml.safe_dump({**yaml.safe_load(CADENCE), **changes}, allow_unicode=True)


def test_the_shipped_cadence_asks_for_what_h10_says():
    owed = {(rule.tier, rule.kind, rule.every) for rule in shipped().cadence.obligations}
    assert owed == {
        (Tier.VIP, "deep_talk", "month"),
        (Tier.POTENTIAL, "value_content", "fortnight"),
        (Tier.POTENTIAL, "needs_survey", "month"),
        (Tier.ORDINARY, "service_reminder", "month"),
        (Tier.ORDINARY, "questionnaire", "quarter"),
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"horizon_days": 3}, "horizon_days"),
        ({"unheard": {}}, "wishes.complex_need"),
        ({"obligations": [{"tier": "vip", "kind": "needs_survey", "every": "month", "min_days_left": 1}]}, "obligations"),
        ({"wishes": {"payroll": {"kind": "nothing", "within_days": 1, "repeat": "year"}}}, "wishes.payroll"),
        ({"min_age": "old"}, "min_age"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_cadence_that_contradicts_itself_is_refused_by_the_place(changes, field):
    with pytest.raises(CadenceInvalid) as refusal:
        read_cadence(changed(**changes))
    assert refusal.value.field == field


def test_a_moment_without_quotes_is_a_time_of_day_and_no_number_of_seconds():
    cadence = read_cadence(CADENCE.replace('start: "21:00"', "start: 21:00"))
    assert cadence.quiet_hours.start == time(21, 0)


def test_every_rule_that_can_stand_beside_a_contact_has_a_text_in_both_languages():
    texts = shipped().texts
    for group, codes in {
        "placed_by": reasons.PlacedBy,
        "channel_reason": reasons.ChannelReason,
        "calendar": reasons.CalendarState,
        "unplaced": reasons.Reason,
        "withdrawn": reasons.WithdrawnBecause,
        "state": State,
    }.items():
        assert set(texts[group]) == {code.value for code in codes}
    assert all(text.zh and text.en for group in texts.values() for text in group.values())
    assert shipped().why_unplaced("week_cap").zh == "每周触达上限（2）已满"


def test_the_stored_calendar_is_what_the_package_says_for_the_announced_years():
    stored = table([2025, 2026], version=CALENDAR.version)
    assert {day.isoformat(): name for day, name in CALENDAR.days_off.items()} == stored["days_off"]
    assert sorted(day.isoformat() for day in CALENDAR.working_days) == stored["working_days"]


def test_a_year_that_is_not_announced_is_refused_although_the_package_answers_for_it():
    with pytest.raises(YearNotAnnounced):
        table([2026, 2027], version=2)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 14), DayClass.WORKING),  # a make-up Saturday before the Spring Festival
        (date(2026, 2, 15), DayClass.HOLIDAY),  # the Sunday that opens the nine days
        (date(2026, 2, 23), DayClass.HOLIDAY),
        (date(2026, 2, 24), DayClass.WORKING),
        (date(2026, 2, 28), DayClass.WORKING),
        (date(2026, 10, 10), DayClass.WORKING),
        (date(2025, 9, 28), DayClass.WORKING),
        (date(2025, 10, 8), DayClass.HOLIDAY),
        (date(2026, 11, 7), DayClass.WEEKEND),
    ],
)
def test_make_up_days_work_and_holidays_hold_their_weekends(day, expected):
    assert CALENDAR.announced_class(day) is expected


def test_a_day_past_the_announced_calendar_is_refused_and_only_fixed_holidays_are_presumed():
    with pytest.raises(CalendarUnpublished):
        CALENDAR.announced_class(date(2027, 1, 1))
    assert CALENDAR.presumed_class(date(2027, 1, 1)) is DayClass.HOLIDAY
    assert CALENDAR.presumed_class(date(2027, 2, 6)) is DayClass.WEEKEND  # Spring Festival, not guessed
    assert CALENDAR.presumed_class(date(2027, 2, 8)) is DayClass.WORKING


def test_quiet_hours_cross_midnight():
    quiet = shipped().cadence.quiet_hours
    assert [quiet.contains(hour * 60) for hour in (0, 8, 9, 12, 20, 21, 23)] == [True, True, False, False, False, True, True]


def test_the_shipped_budget_holds_what_the_shipped_cadence_owes():
    """Whoever has no other contacts gets everything that the tier owes within the horizon, on any day of the year."""
    for start in range(0, 330, 11):
        now = a_moment(1, month=1) + timedelta(days=start)
        horizon_end = now.date() + timedelta(days=shipped().cadence.horizon_days - 1)
        reviser = Reviser(cadence=shipped().cadence, calendar=CALENDAR, today=now.date(), new_id=new_id)
        for dossier in [Dossier(new_id(), tier, date(1980, 7, 5)) for tier in Tier for _ in range(5)]:
            revision = reviser.revise(dossier, now=now)
            owed = [*revision.obligations, *revision.wishes]
            left = [held for held in owed if held.reason not in (None, Reason.BEYOND_HORIZON) and held.last <= horizon_end]
            assert not left, (now, left)


def test_documents_say_since_when_they_hold():
    assert shipped().cadence.effective_from <= NOW.date()
