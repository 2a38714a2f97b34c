"""Single decisions of the planner, each by an example."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from contracts.values import Channel
from services.outreach.rules.cadence import DayClass
from services.outreach.rules.planner import Demand, Placement
from services.outreach.rules.reasons import ChannelReason, PlacedBy, Reason
from tests.services.outreach.builders import (
    NOW,
    TODAY,
    URGENCY,
    a_cadence,
    a_cap,
    a_channel,
    a_demand,
    a_kind,
    a_moment,
    a_person,
    a_planner,
)

WORKING = (DayClass.WORKING,)


def only(plan) -> Placement:
    (placement,) = plan.placements
    return placement


def reasons(plan) -> list[str]:
    return [reason for _, reason in plan.unplaced]


def test_a_demand_is_placed_on_its_target_day():
    placement = only(a_planner().plan(a_person(), [a_demand(target=date(2026, 11, 11))]))
    assert (placement.day, placement.placed_by) == (date(2026, 11, 11), PlacedBy.ON_TARGET)


def test_a_taken_day_defers_to_the_next_free_one_and_not_by_a_whole_period():
    planner = a_planner(a_cadence(a_cap(1, 1)))
    person = a_person(a_moment(11), a_moment(12))
    placement = only(planner.plan(person, [a_demand(target=date(2026, 11, 11))]))
    assert (placement.day, placement.placed_by) == (date(2026, 11, 13), PlacedBy.DEFERRED)


def test_with_nothing_free_after_the_target_the_contact_is_brought_forward():
    planner = a_planner(a_cadence(a_cap(1, 1)))
    demand = a_demand(last=date(2026, 11, 11), target=date(2026, 11, 11))
    placement = only(planner.plan(a_person(a_moment(11)), [demand]))
    assert (placement.day, placement.placed_by) == (date(2026, 11, 10), PlacedBy.BROUGHT_FORWARD)


def test_a_full_week_is_named_as_the_reason():
    planner = a_planner(a_cadence(a_cap(1, 1), a_cap(2, 7, "week_cap")))
    person = a_person(a_moment(4), a_moment(6))
    demand = a_demand(first=date(2026, 11, 3), last=date(2026, 11, 8))
    assert reasons(planner.plan(person, [demand])) == ["week_cap"]


def test_contacts_before_today_count_against_the_budget():
    planner = a_planner(a_cadence(a_cap(1, 30, "month_cap")))
    person = a_person(a_moment(20, month=10))
    assert only(planner.plan(person, [a_demand()])).day == date(2026, 11, 19)


def test_a_cap_of_nothing_plans_nothing():
    assert reasons(a_planner(a_cadence(a_cap(0, 1, "day_cap"))).plan(a_person(), [a_demand()])) == ["day_cap"]


def test_two_contacts_keep_the_minimum_gap_across_midnight():
    cadence = a_cadence(min_gap_hours=20, channels={Channel.APP: a_channel("09:00", "20:00")})
    person = a_person(a_moment(10, 20))
    placement = only(a_planner(cadence).plan(person, [a_demand(target=date(2026, 11, 11), last=date(2026, 11, 11))]))
    assert placement.at == a_moment(11, 20)


def test_where_only_the_gap_is_left_in_the_way_it_is_named():
    cadence = a_cadence(min_gap_hours=48)
    demand = a_demand(first=date(2026, 11, 11), last=date(2026, 11, 11))
    assert reasons(a_planner(cadence).plan(a_person(a_moment(10, 12)), [demand])) == [Reason.MINIMUM_GAP]


def test_quiet_hours_that_cross_midnight_take_away_late_and_early_slots():
    cadence = a_cadence(quiet=("21:00", "08:30"), channels={Channel.APP: a_channel("00:15", "08:29", "08:30", "21:00")})
    days = [date(2026, 11, day) for day in range(3, 10)]
    plan = a_planner(cadence).plan(a_person(), [a_demand(first=day, last=day) for day in days])
    assert {placement.at.strftime("%H:%M") for placement in plan.placements} == {"08:30"}


def test_a_channel_whose_every_slot_is_quiet_is_named_as_quiet():
    cadence = a_cadence(channels={Channel.APP: a_channel("22:00")})
    assert reasons(a_planner(cadence).plan(a_person(), [a_demand()])) == [Reason.QUIET_HOURS]


def test_the_first_refusal_moves_to_the_next_channel_and_the_last_one_names_refusal():
    cadence = a_cadence(kinds={"note": a_kind(Channel.WECOM, Channel.APP)})
    once = a_planner(cadence).plan(a_person(refused={("service", Channel.WECOM)}), [a_demand()])
    assert (only(once).channel, only(once).channel_reason) == (Channel.APP, ChannelReason.EARLIER_REFUSED)
    twice = a_planner(cadence).plan(a_person(refused={("service", Channel.WECOM), ("service", Channel.APP)}), [a_demand()])
    assert reasons(twice) == [Reason.CHANNELS_REFUSED]


def test_a_refusal_of_another_purpose_changes_nothing():
    plan = a_planner().plan(a_person(refused={("marketing", Channel.APP)}), [a_demand()])
    assert only(plan).channel is Channel.APP


def test_a_channel_that_is_closed_on_every_day_of_the_window_gives_way_to_the_next():
    cadence = a_cadence(channels={Channel.VISIT: a_channel(days=WORKING)}, kinds={"note": a_kind(Channel.VISIT, Channel.APP)})
    demand = a_demand(first=date(2026, 11, 7), last=date(2026, 11, 8))  # a Saturday and a Sunday
    placement = only(a_planner(cadence).plan(a_person(), [demand]))
    assert (placement.channel, placement.channel_reason) == (Channel.APP, ChannelReason.EARLIER_CLOSED)


def test_a_window_of_closed_days_alone_names_the_calendar():
    cadence = a_cadence(channels={Channel.APP: a_channel(days=WORKING)})
    demand = a_demand(first=date(2026, 11, 7), last=date(2026, 11, 8))
    assert reasons(a_planner(cadence).plan(a_person(), [demand])) == [Reason.CALENDAR_CLOSED]


def test_national_day_is_skipped_and_a_make_up_saturday_is_used():
    cadence = a_cadence(channels={Channel.APP: a_channel(days=WORKING)})
    planner = a_planner(cadence, now=a_moment(28, month=9))
    holiday = a_demand(first=date(2026, 10, 1), last=date(2026, 10, 9))
    made_up = a_demand(first=date(2026, 10, 10), last=date(2026, 10, 10))
    assert [placement.day for placement in planner.plan(a_person(), [holiday, made_up]).placements] == [
        date(2026, 10, 8),
        date(2026, 10, 10),
    ]


def test_a_channel_that_needs_more_notice_than_is_left_is_named_so():
    cadence = a_cadence(channels={Channel.APP: a_channel(lead_hours=48)})
    assert reasons(a_planner(cadence).plan(a_person(), [a_demand(last=TODAY)])) == [Reason.LEAD_TIME]


def test_a_target_after_the_horizon_waits_for_the_horizon():
    demand = a_demand(last=date(2026, 12, 31), target=date(2026, 12, 20))
    assert reasons(a_planner().plan(a_person(), [demand])) == [Reason.BEYOND_HORIZON]


def test_of_two_demands_for_one_moment_the_lower_priority_number_gets_it():
    cadence = a_cadence(a_cap(1, 30, "month_cap"), kinds={"greeting": a_kind(priority=10)})
    plan = a_planner(cadence).plan(a_person(), [a_demand(), a_demand(kind="greeting")])
    assert only(plan).demand.kind == "greeting"
    assert reasons(plan) == ["month_cap"]


def test_who_is_not_known_yet_waits_and_who_is_too_young_is_left_alone():
    child = replace(a_person(), birth_date=date(2015, 1, 1))
    assert reasons(a_planner().plan(child, [a_demand()])) == [Reason.UNDER_AGE]
    assert reasons(a_planner().plan(a_person(tier=None), [a_demand()])) == [Reason.RECIPIENT_UNKNOWN]


def an_alarm(now=NOW) -> Demand:
    return a_demand(kind="alarm", due_at=now + timedelta(hours=24))


def test_an_urgent_contact_by_day_goes_out_after_its_lead_without_any_bypass():
    placement = only(a_planner().plan(a_person(), [an_alarm()]))
    assert placement.at == NOW + timedelta(minutes=URGENCY.lead_minutes)
    assert (placement.bypass, placement.bypassed) == (None, ())


def test_an_urgent_contact_at_night_waits_for_the_morning_where_that_is_soon_enough():
    now = a_moment(3, 1)
    assert only(a_planner(now=now).plan(a_person(), [an_alarm(now)])).at == a_moment(3, 8, 30)


def test_an_urgent_contact_that_cannot_wait_bypasses_quiet_hours_by_name():
    now = a_moment(3, 1)
    late = a_demand(kind="alarm", due_at=now + timedelta(hours=2))
    placement = only(a_planner(now=now).plan(a_person(), [late]))
    assert placement.at == now + timedelta(minutes=URGENCY.lead_minutes)
    assert (placement.bypass, placement.bypassed) == ("urgent_risk", (Reason.QUIET_HOURS,))


def test_an_urgent_contact_sets_a_full_day_aside_by_name_and_then_counts_for_what_follows():
    cadence = a_cadence(a_cap(1, 1, "day_cap"))
    plan = a_planner(cadence).plan(a_person(a_moment(2, 15)), [an_alarm(), a_demand()])
    alarm, note = plan.placements
    assert alarm.bypassed == ("day_cap",)
    assert note.day == date(2026, 11, 3)


def test_an_urgent_contact_past_its_deadline_still_goes_out_and_says_so():
    late = a_demand(kind="alarm", due_at=NOW - timedelta(hours=1))
    assert only(a_planner().plan(a_person(), [late])).placed_by is PlacedBy.URGENT_LATE


def test_customers_with_the_same_demand_get_different_slots():
    planner = a_planner(a_cadence(channels={Channel.APP: a_channel("09:30", "12:30", "19:30")}))
    hours = set()
    for _ in range(40):
        person = replace(a_person(), customer_id=uuid4())
        hours.add(only(planner.plan(person, [a_demand(first=date(2026, 11, 3))])).at.hour)
    assert hours == {9, 12, 19}
