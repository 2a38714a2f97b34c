"""Why a customer has a tier, in words."""

import pytest

from services.tiering.book import holds
from services.tiering.rules import decide, explain, facts_of
from tests.services.tiering.builders import measures, policy

CNY = policy("cny")


def explained(**given):
    found = measures(**given)
    reason = decide(found, judge=CNY.judge, policy_version=1).reason
    return explain(CNY.rows, reason=reason, facts=facts_of(found), currency="CNY", holds=holds)


def test_a_vip_is_told_the_threshold_and_the_value_in_both_languages():
    found = explained(assets=61_234_567)
    assert found.zh == (
        "贵宾客户：近90天日均金融资产高于贵宾标准（H2）。近90天日均金融资产为612,345.67 CNY（标准：高于500,000.00 CNY）。"
    )
    assert "612,345.67 CNY (threshold: above 500,000.00 CNY)" in found.en


def test_an_ordinary_customer_is_told_what_was_missing():
    found = explained(assets=1_000, growth=2_950)
    assert [row.reason for row in found.rows] == ["vip.assets", "vip.contribution", "potential.growth", "ordinary.everyday"]
    assert "近半年资产增长为29.50%（标准：不低于30.00%）" in found.zh
    assert "not known" not in found.en


def test_unknown_growth_is_named_as_unknown_and_does_not_hold():
    found = explained(growth=None)
    (growth,) = found.rows[2].conditions
    assert growth.holds is False
    assert "未知" in growth.zh


@pytest.mark.parametrize("given", [{"assets": 50_000_001}, {"contribution": 1_000_000}, {"growth": 3_000}, {}])
def test_the_last_row_listed_fired_and_all_its_conditions_hold_while_each_before_it_failed(given):
    found = explained(**given)
    *before, fired = found.rows
    assert fired.fired
    assert all(condition.holds for condition in fired.conditions)
    assert not any(row.fired or all(condition.holds for condition in row.conditions) for row in before)


def test_a_negative_amount_is_shown_as_one():
    assert "-0.05 CNY" in explained(contribution=-5).zh
