"""H2 to H4 on the policies that come with the service."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Tier
from services.tiering.rules import RANK, PolicyGaveNoRow, decide, direction, facts_of, feed_state, next_night
from tests.services.tiering.builders import measures, policy

CNY = policy("cny")
CZK = policy("czk")
FEN = st.integers(min_value=0, max_value=10**12)
GROWTH = st.none() | st.integers(min_value=-10_000, max_value=100_000)
CONTRIBUTION = st.integers(min_value=-(10**8), max_value=10**9)


def tier(which=CNY, **given):
    return decide(measures(**given), judge=which.judge, policy_version=1).tier


def reason(which=CNY, **given):
    return decide(measures(**given), judge=which.judge, policy_version=1).reason


def test_average_assets_of_exactly_500000_yuan_are_not_vip():
    assert tier(assets=50_000_000) is Tier.ORDINARY
    assert tier(assets=50_000_001) is Tier.VIP


def test_an_outstanding_contribution_alone_makes_a_vip():
    assert reason(contribution=999_999) == "ordinary.everyday"
    assert reason(contribution=1_000_000) == "vip.contribution"


def test_growth_of_exactly_30_percent_is_potential():
    assert tier(growth=2_999) is Tier.ORDINARY
    assert tier(growth=3_000) is Tier.POTENTIAL


def test_unknown_growth_is_not_growth():
    assert tier(growth=None) is Tier.ORDINARY


def test_the_czech_policy_has_its_own_thresholds():
    assert tier(CZK, currency="CZK", assets=6_000_000) is Tier.ORDINARY
    assert tier(CZK, currency="CZK", assets=6_000_001) is Tier.VIP
    assert tier(CZK, currency="CZK", assets=2_825_500, growth=3_000) is Tier.POTENTIAL


@given(FEN, GROWTH, CONTRIBUTION)
def test_everybody_has_exactly_one_tier_and_it_is_the_one_the_handbook_says(assets, growth, contribution):
    vip = assets > 50_000_000 or contribution >= 1_000_000
    rising = growth is not None and growth >= 3_000
    expected = Tier.VIP if vip else Tier.POTENTIAL if rising else Tier.ORDINARY
    assert tier(assets=assets, growth=growth, contribution=contribution) is expected


@given(FEN, FEN, GROWTH, CONTRIBUTION)
def test_more_assets_never_lower_the_tier(one, other, growth, contribution):
    low, high = sorted((one, other))
    below = tier(assets=low, growth=growth, contribution=contribution)
    above = tier(assets=high, growth=growth, contribution=contribution)
    assert RANK[below] <= RANK[above]


def test_a_decision_shows_all_four_dimensions():
    decision = decide(measures(assets=7), judge=CNY.judge, policy_version=4)
    assert decision.policy_version == 4
    assert decision.inputs.assets.days_90 == 7
    assert decision.inputs.activity.dealings_90 == 3
    assert decision.inputs.need.kind == "settling"
    assert decision.inputs.life_cycle.life_stage == "family"


def test_a_policy_without_a_row_for_a_customer_is_refused_and_not_taken_for_a_default():
    with pytest.raises(PolicyGaveNoRow):
        decide(measures(), judge=lambda _: None, policy_version=1)


def test_every_fact_of_a_policy_is_an_integer_a_flag_a_code_or_unknown():
    for name, value in facts_of(measures(growth=5)).items():
        assert isinstance(value, int | str), name


def test_a_first_tier_is_neither_a_rise_nor_a_fall():
    assert direction(None, Tier.VIP) == 0
    assert direction(Tier.ORDINARY, Tier.POTENTIAL) == 1
    assert direction(Tier.VIP, Tier.POTENTIAL) == -1
    assert direction(Tier.VIP, Tier.VIP) == 0


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_next_night_is_half_past_two_in_shanghai_and_within_a_day(now):
    zone = ZoneInfo("Asia/Shanghai")
    night = next_night(now, zone=zone)
    assert (night.astimezone(zone).hour, night.astimezone(zone).minute) == (2, 30)
    assert 0 < (night - now).total_seconds() <= 86_400


def test_the_slowest_feed_decides_whether_the_night_may_begin():
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    assert feed_state([], needed=first).ready is False
    assert feed_state([first, second], needed=second).ready is False
    assert feed_state([first, second], needed=first).ready is True
    assert feed_state([first, second], needed=second).day == first
