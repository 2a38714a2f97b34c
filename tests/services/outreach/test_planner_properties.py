"""What holds for every plan, whatever the policy, the calendar, the person and the demands."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.values import Channel, Tier
from services.outreach.policy import shipped
from services.outreach.rules.cadence import Cadence, DayClass
from services.outreach.rules.calendar import SHANGHAI
from services.outreach.rules.planner import Demand, Person, Placement, Plan
from services.outreach.rules.reasons import CalendarState, Reason
from tests.services.outreach.builders import URGENCY, a_cadence, a_cap, a_channel, a_kind, a_planner

CHANNELS = (Channel.APP, Channel.SMS, Channel.WECOM, Channel.VISIT)
CALENDAR = shipped().calendar
PURPOSES = ("service", "marketing")
CLOCK = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]

clocks = st.sampled_from(CLOCK)
slot_sets = st.lists(clocks, min_size=1, max_size=3, unique=True)
day_sets = st.sampled_from([tuple(DayClass), (DayClass.WORKING, DayClass.WEEKEND), (DayClass.WORKING,), (DayClass.HOLIDAY,), ()])
channel_sets = st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=4, unique=True)


@st.composite
def cadences(draw: st.DrawFn) -> Cadence:
    caps = [
        a_cap(draw(st.sampled_from([1, 2, 1, 3, 0])), days)
        for days in draw(st.lists(st.sampled_from([1, 2, 7, 30]), unique=True))
    ]
    channels = {
        channel: a_channel(
            *draw(slot_sets),
            days=draw(day_sets),
            lead_hours=draw(st.sampled_from([0, 3, 48])),
        )
        for channel in CHANNELS
    }
    kinds = {
        f"kind{number}": a_kind(
            *draw(channel_sets), purposes=(draw(st.sampled_from(PURPOSES)),), priority=draw(st.integers(1, 3))
        )
        for number in range(3)
    }
    kinds["alarm"] = a_kind(*draw(channel_sets), purposes=("risk",), priority=draw(st.integers(0, 9)), urgent=URGENCY)
    quiet = (draw(clocks), draw(clocks))
    return a_cadence(*caps, min_gap_hours=draw(st.sampled_from([0, 1, 36, 72])), quiet=quiet, channels=channels, kinds=kinds)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Cadence, datetime, Person, list[Demand]]:
    cadence = draw(cadences())
    now = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 180 * 1_440)))
    today = now.astimezone(SHANGHAI).date()
    contacts = tuple(now + timedelta(minutes=draw(st.integers(-31 * 1_440, 28 * 1_440))) for _ in range(draw(st.integers(0, 5))))
    refused = frozenset(draw(st.sets(st.tuples(st.sampled_from([*PURPOSES, "risk"]), st.sampled_from(CHANNELS)), max_size=4)))
    tier = draw(st.sampled_from([*Tier, *Tier, None]))
    person = Person(
        UUID(int=draw(st.integers(0, 2**128 - 1))),
        tier,
        draw(st.sampled_from([date(1980, 5, 5), date(1999, 1, 31), date(1944, 2, 29), None])),
        refused,
        contacts,
    )
    return cadence, now, person, [_demand(draw, today, now, number) for number in range(draw(st.integers(1, 8)))]


def _demand(draw: st.DrawFn, today: date, now: datetime, number: int) -> Demand:
    kind = draw(st.sampled_from(["kind0", "kind1", "kind2", "kind0", "kind1", "alarm"]))
    first = today + timedelta(days=draw(st.sampled_from([0, -9, 1, 2, 6, 20, 27, 33])))
    last = first + timedelta(days=draw(st.integers(0, 40)))
    target = draw(st.one_of(st.just(first), st.dates(first, last)))
    due_at = now + timedelta(hours=draw(st.integers(-2, 24))) if kind == "alarm" else None
    return Demand(UUID(int=number + 1), kind, f"p{number}", first, last, target, draw(st.integers(0, 9)), due_at)


def plan_of(scene: tuple[Cadence, datetime, Person, list[Demand]]) -> Plan:
    cadence, now, person, demands = scene
    return a_planner(cadence, now=now).plan(person, demands)


thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(scenes())
def test_no_window_of_days_holds_more_contacts_than_its_cap_unless_an_urgent_one_set_that_cap_aside_by_name(scene):
    cadence, _, person, _ = scene
    placed = plan_of(scene).placements
    days = [moment.astimezone(SHANGHAI).date() for moment in person.contacts] + [placement.day for placement in placed]
    for placement in placed:
        for cap in cadence.budget.caps:
            for start in range(cap.days):
                first = placement.day - timedelta(days=start)
                last = first + timedelta(days=cap.days - 1)
                within = sum(first <= day <= last for day in days)
                set_aside = any(cap.rule in other.bypassed for other in placed if first <= other.day <= last)
                assert within <= cap.at_most or (placement.demand.due_at is not None and set_aside), cap.rule


@thorough
@given(scenes())
def test_no_contact_without_a_named_bypass_is_nearer_to_another_than_the_minimum_gap(scene):
    cadence, _, person, _ = scene
    placed = plan_of(scene).placements
    gap = timedelta(hours=cadence.budget.min_gap_hours)
    urgent = {placement.at for placement in placed if placement.demand.due_at}
    for placement in placed:
        if placement.demand.due_at:
            continue
        others = [*person.contacts, *(other.at for other in placed if other is not placement), *urgent]
        # what is stored counts by its whole minute
        assert all(abs(placement.at - other.replace(second=0, microsecond=0)) >= gap for other in others)


@thorough
@given(scenes())
def test_no_contact_without_a_named_bypass_lies_in_quiet_hours(scene):
    cadence = scene[0]
    start, end = cadence.quiet_hours.start, cadence.quiet_hours.end
    for placement in plan_of(scene).placements:
        clock = placement.at.astimezone(SHANGHAI).time()
        quiet = start <= clock < end if start <= end else clock >= start or clock < end
        assert quiet == (Reason.QUIET_HOURS in placement.bypassed)


@thorough
@given(scenes())
def test_no_contact_goes_over_a_refused_channel_not_even_an_urgent_one(scene):
    cadence, _, person, _ = scene
    for placement in plan_of(scene).placements:
        for purpose in cadence.kinds[placement.demand.kind].purposes:
            assert (purpose, placement.channel) not in person.refused


@thorough
@given(scenes())
def test_a_contact_that_is_not_urgent_lies_in_its_window_on_an_open_day_in_a_slot_of_its_channel_after_its_notice(scene):
    cadence, now, _, _ = scene
    for placement in plan_of(scene).placements:
        if placement.demand.due_at:
            continue
        channel = cadence.channels[placement.channel]
        assert placement.demand.first <= placement.day <= placement.demand.last
        assert CALENDAR.presumed_class(placement.day) in channel.days
        assert placement.at.astimezone(SHANGHAI).time() in channel.slots
        assert placement.at >= now + timedelta(hours=channel.lead_hours)
        assert placement.bypass is None
        assert placement.bypassed == ()


@thorough
@given(scenes())
def test_every_demand_is_either_placed_or_has_a_reason_that_has_a_text(scene):
    plan = plan_of(scene)
    cadence, _, _, demands = scene
    ids = [placement.demand.id for placement in plan.placements] + [demand.id for demand, _ in plan.unplaced]
    assert sorted(ids) == sorted(demand.id for demand in demands)
    caps = {cap.rule for cap in cadence.budget.caps}
    for _, reason in plan.unplaced:
        assert reason in caps or reason in shipped().texts["unplaced"]


@thorough
@given(scenes())
def test_an_urgent_demand_is_placed_in_time_unless_every_channel_is_refused(scene):
    cadence, now, person, demands = scene
    placed = {placement.demand.id: placement for placement in plan_of(scene).placements}
    open_channels = {
        channel for channel in cadence.kinds["alarm"].channels[Tier.ORDINARY] if ("risk", channel) not in person.refused
    }
    soonest = now + timedelta(minutes=URGENCY.lead_minutes + 1 + len(demands) + len(person.contacts))
    for demand in demands:
        if demand.due_at is None:
            continue
        assert (demand.id in placed) == bool(open_channels)
        if open_channels:
            assert now < placed[demand.id].at <= max(demand.due_at, soonest)


@thorough
@given(scenes(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_its_input(scene, random: Random):
    cadence, now, person, demands = scene
    shuffled, contacts = random.sample(demands, len(demands)), random.sample(person.contacts, len(person.contacts))
    again = plan_of((cadence, now, replace(person, contacts=tuple(contacts)), shuffled))
    assert plan_of(scene) == again


@thorough
@given(scenes(), st.integers(1, 3))
def test_a_larger_cap_worsens_a_demand_only_where_one_that_goes_before_it_gains(scene, more):
    """Monotone in caps: the first demand, in planning order, that fares differently under larger caps fares better."""
    cadence, now, person, demands = scene
    caps = tuple(replace(cap, at_most=cap.at_most + more) for cap in cadence.budget.caps)
    wider = replace(cadence, budget=replace(cadence.budget, caps=caps))
    ordinary = [demand for demand in demands if demand.due_at is None]
    before, after = plan_of((cadence, now, person, ordinary)), plan_of((wider, now, person, ordinary))
    for demand in sorted(ordinary, key=lambda d: (cadence.kinds[d.kind].priority, d.last, d.kind, d.period)):
        old, new = _find(before, demand), _find(after, demand)
        if old != new:
            assert new is not None
            assert old is None or _cost(cadence, person, new) <= _cost(cadence, person, old)
            break


def _find(plan: Plan, demand: Demand) -> Placement | None:
    return next((placement for placement in plan.placements if placement.demand.id == demand.id), None)


def _cost(cadence: Cadence, person: Person, placement: Placement) -> tuple[int, bool, int]:
    """Order of preference: an earlier choice of channel, then the target or later before earlier, then nearer."""
    choices = cadence.kinds[placement.demand.kind].channels[person.tier or Tier.ORDINARY]
    away = (placement.day - placement.demand.target).days
    return choices.index(placement.channel), away < 0, abs(away)


@thorough
@given(scenes())
def test_a_contact_is_flagged_exactly_where_the_calendar_of_its_day_is_not_announced(scene):
    for placement in plan_of(scene).placements:
        announced = placement.day <= CALENDAR.last
        assert (placement.calendar is CalendarState.PUBLISHED) == announced
