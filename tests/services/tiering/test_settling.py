"""No flapping: up at once, down after grace, never two steps at once; a tier by hand above all."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Tier
from services.tiering.rules import GRACE, RANK, Downgrade, Held, Manual, Row, Stand, conclude, settle

NOW = datetime(2026, 3, 3, tzinfo=UTC)
MONTH = Downgrade(grace_days=30, max_steps=1)
TIERS = st.sampled_from(list(Tier))
LOOKS = st.lists(st.tuples(st.integers(0, 45 * 24), TIERS), min_size=1, max_size=40)


def day(number):
    return NOW + timedelta(days=number)


def after(*looks, downgrade=MONTH):
    """The stand after looks at (day, wanted tier)."""
    stand = None
    for number, wanted in looks:
        stand = settle(stand, wanted, downgrade=downgrade, now=day(number))
    return stand


def test_a_rise_is_at_once_and_over_two_steps():
    assert after((0, Tier.ORDINARY), (1, Tier.VIP)) == Stand(Tier.VIP)


def test_a_fall_waits_for_the_grace_period_and_shows_its_end():
    assert after((0, Tier.VIP), (1, Tier.POTENTIAL)) == Stand(Tier.VIP, day(31))
    assert after((0, Tier.VIP), (1, Tier.POTENTIAL), (30, Tier.POTENTIAL)) == Stand(Tier.VIP, day(31))
    assert after((0, Tier.VIP), (1, Tier.POTENTIAL), (31, Tier.POTENTIAL)) == Stand(Tier.POTENTIAL)


def test_a_fall_over_two_tiers_takes_one_step_after_each_grace_period():
    first = after((0, Tier.VIP), (1, Tier.ORDINARY), (40, Tier.ORDINARY))
    assert first == Stand(Tier.POTENTIAL, day(70))
    assert settle(first, Tier.ORDINARY, downgrade=MONTH, now=day(70)) == Stand(Tier.ORDINARY)


def test_who_recovers_has_nothing_pending_and_the_next_fall_has_its_own_grace():
    recovered = after((0, Tier.VIP), (1, Tier.ORDINARY), (20, Tier.VIP))
    assert recovered == Stand(Tier.VIP)
    assert settle(recovered, Tier.ORDINARY, downgrade=MONTH, now=day(25)) == Stand(Tier.VIP, day(55))


def test_without_the_setting_a_fall_is_at_once_and_all_the_way():
    assert after((0, Tier.VIP), (0, Tier.ORDINARY), downgrade=Downgrade()) == Stand(Tier.ORDINARY)


def test_without_grace_a_second_step_still_waits_a_day():
    assert after((0, Tier.VIP), (0, Tier.ORDINARY), downgrade=Downgrade(0, 1)) == Stand(Tier.POTENTIAL, day(1))


@given(LOOKS, st.integers(0, 60), st.integers(1, 2))
def test_no_sequence_of_looks_falls_too_far_or_before_the_customer_was_below_for_the_whole_grace(looks, grace, steps):
    downgrade = Downgrade(grace, steps)
    stand, now, below_since = None, NOW, None
    for hours, wanted in looks:
        now += timedelta(hours=hours)
        before, stand = stand, settle(stand, wanted, downgrade=downgrade, now=now)
        if before is None or RANK[wanted] >= RANK[before.tier]:
            assert stand == Stand(wanted)
            below_since = None
            continue
        below_since = below_since or now
        fallen = RANK[before.tier] - RANK[stand.tier]
        assert 0 <= fallen <= steps
        if fallen:
            assert now - below_since >= timedelta(days=grace)
            below_since = now
        assert RANK[stand.tier] >= RANK[wanted]
        assert (stand.grace_until is not None) == (stand.tier is not wanted)


@given(LOOKS)
def test_looking_again_at_the_same_moment_changes_nothing(looks):
    stand, now = None, NOW
    for hours, wanted in looks:
        now += timedelta(hours=hours)
        stand = settle(stand, wanted, downgrade=MONTH, now=now)
        assert settle(stand, wanted, downgrade=MONTH, now=now) == stand


def test_a_tier_by_hand_holds_until_its_moment_and_the_automatic_one_goes_on_underneath():
    by_hand = Manual(Tier.VIP, "key-relationship", day(10))
    row = Row(Tier.ORDINARY, "ordinary.everyday")
    during = conclude(row, Held(Stand(Tier.POTENTIAL), by_hand), downgrade=MONTH, now=day(9))
    assert (during.tier, during.reason, during.fired) == (Tier.VIP, "manual.key-relationship", "ordinary.everyday")
    assert (during.automatic, during.automatic_reason) == (Stand(Tier.POTENTIAL, day(39)), GRACE)
    ended = conclude(row, during.held, downgrade=MONTH, now=day(10))
    assert (ended.tier, ended.reason, ended.manual) == (Tier.POTENTIAL, GRACE, None)
