from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.referral.rules.campaigns import (
    CampaignDatesReversed,
    CampaignsOverlap,
    campaign_on,
    check_dates,
)
from services.referral.rules.codes import ALPHABET, RANDOM_BITS, CodeMalformed, make_code, parse_code, spoken
from services.referral.rules.ledger import (
    ISSUER,
    AccountRepeated,
    EmptyLine,
    Line,
    TransferUnbalanced,
    check_transfer,
    referral_transfer,
)
from services.referral.rules.referrals import (
    AlreadyReferred,
    CodeUnknown,
    CodeWithdrawn,
    DailyCapReached,
    NoCampaign,
    Refusal,
    Reward,
    SameHousehold,
    SelfReferral,
    settle,
)
from tests.services.referral.builders import CODE, DAY, NOON, campaign, claim, known, policy, transfer

entropies = st.integers(0, 2**RANDOM_BITS - 1)
symbols = st.sampled_from(ALPHABET)
places = st.integers(0, 11)


@given(entropies)
def test_a_code_is_twelve_speakable_symbols_and_reads_back(entropy):
    code = make_code(entropy)
    assert len(code) == 12
    assert not set(code) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert parse_code(spoken(code)) == code
    assert [len(group) for group in spoken(code).split("-")] == [4, 4, 4]


@given(entropies, entropies)
def test_codes_differ_where_their_randomness_differs(one, other):
    assert (make_code(one) == make_code(other)) == (one == other)


@given(entropies, st.sampled_from([str.lower, str.title, lambda code: code.replace("-", " "), lambda code: f" {code} "]))
def test_a_code_is_read_as_people_write_it(entropy, written):
    assert parse_code(written(spoken(make_code(entropy)))) == make_code(entropy)


def test_letters_that_look_like_digits_and_full_width_signs_are_read_as_meant():
    code = next(code for code in map(make_code, range(10**9, 10**9 + 5000)) if "0" in code[4:] and "1" in code[4:])
    sloppy = code.replace("0", "O").replace("1", "l")
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in spoken(code)).replace("-", "－")
    assert parse_code(sloppy) == parse_code(wide) == code


@given(entropies, places, symbols)
def test_any_single_wrong_symbol_is_noticed(entropy, place, symbol):
    code = make_code(entropy)
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong != code:
        with pytest.raises(CodeMalformed):
            parse_code(wrong)


@given(entropies, places, places)
def test_any_two_swapped_symbols_are_noticed(entropy, one, other):
    swapped = list(make_code(entropy))
    swapped[one], swapped[other] = swapped[other], swapped[one]
    if "".join(swapped) != make_code(entropy):
        with pytest.raises(CodeMalformed):
            parse_code("".join(swapped))


@given(st.text(min_size=4, max_size=60))
def test_a_text_that_is_no_code_is_refused_without_being_repeated(text):
    with pytest.raises(CodeMalformed) as refusal:
        parse_code(text + "U")
    assert text not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "U" * 12, "K7QM-2XVD", CODE + "0", CODE[:-1], "1" * 41])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(CodeMalformed):
        parse_code(text)


def decided(one, *, code=None, done=frozenset(), rewarded=None, policies=None):
    codes = {} if code is None else {CODE: code}
    (decision,) = settle([one], codes=codes, decided=done, rewarded=rewarded or {}, policies=policies or [policy()])
    return decision


def test_a_new_customer_with_an_active_code_is_rewarded_with_what_the_campaign_gives():
    code = known()
    decision = decided(claim(), code=code, policies=[policy(campaign(points_each=5000), version=4)])
    assert isinstance(decision, Reward)
    assert (decision.referrer_id, decision.campaign.points_each, decision.policy_version) == (code.referrer_id, 5000, 4)


HOME, ME = new_id(), new_id()


@pytest.mark.parametrize(
    ("broken", "one", "code", "more"),
    [
        (CodeMalformed, claim(code="hello"), known(), {}),
        (CodeUnknown, claim(), None, {}),
        (CodeWithdrawn, claim(), known(active=False), {}),
        (SelfReferral, claim(referred_id=ME), known(referrer_id=ME), {}),
        (AlreadyReferred, claim(referred_id=ME), known(), {"done": {ME}}),
        (NoCampaign, claim(day=date(2025, 12, 31)), known(), {}),
        (NoCampaign, claim(day=date(2027, 1, 1)), known(), {}),
        (NoCampaign, claim(), known(), {"policies": [policy(campaign(active=False))]}),
        (SameHousehold, claim(household_id=HOME), known(household_id=HOME), {}),
        (DailyCapReached, claim(), known(referrer_id=ME), {"rewarded": {(ME, DAY): 3}}),
    ],
    ids=lambda value: value.rule if isinstance(value, type) else "",
)
def test_a_refusal_names_the_rule_that_broke(broken, one, code, more):
    decision = decided(one, code=code, **more)
    assert isinstance(decision, Refusal)
    assert decision.broken is broken


def test_a_refusal_knows_whose_code_it_was():
    code = known(active=False)
    decision = decided(claim(), code=code)
    assert decision.referrer_id == code.referrer_id
    assert decided(claim()).referrer_id is None


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_first_and_the_last_day_of_a_campaign_count(day):
    assert isinstance(decided(claim(day=day), code=known()), Reward)


def test_two_without_a_household_do_not_share_one_and_a_campaign_may_allow_it():
    assert isinstance(decided(claim(), code=known()), Reward)
    allowing = [policy(campaign(same_household=True))]
    assert isinstance(decided(claim(household_id=HOME), code=known(household_id=HOME), policies=allowing), Reward)


def test_a_cap_counts_the_day_of_the_registration_only():
    yesterday = {(ME, DAY - timedelta(days=1)): 3}
    assert isinstance(decided(claim(), code=known(referrer_id=ME), rewarded=yesterday), Reward)


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.integers(1, 4), st.integers(0, 4))
def test_within_one_batch_nobody_is_rewarded_twice_and_no_cap_is_passed(names, cap, before):
    people = {name: new_id() for name in "abcdef"}
    code = known()
    claims = [claim(referred_id=people[name]) for name in names]
    decisions = settle(
        claims,
        codes={CODE: code},
        decided=set(),
        rewarded={(code.referrer_id, DAY): before},
        policies=[policy(campaign(daily_cap=cap))],
    )
    assert [decision.claim for decision in decisions] == claims
    rewards = Counter(decision.claim.referred_id for decision in decisions if isinstance(decision, Reward))
    assert set(rewards.values()) <= {1}
    assert rewards.total() == min(len(set(names)), max(cap - before, 0))
    first = {one.referred_id: decision for one, decision in reversed(list(zip(claims, decisions, strict=True)))}
    assert all(isinstance(decision, Reward) or decision.broken is DailyCapReached for decision in first.values())


def test_of_two_policies_in_force_the_later_one_decides_alone():
    old = policy(campaign(points_each=1), version=1)
    new = policy(campaign(points_each=2, starts_on=date(2026, 6, 1)), version=2, effective_from=date(2026, 3, 1))
    assert campaign_on(date(2026, 2, 28), [new, old]) == (old.campaigns[0], 1)
    assert campaign_on(date(2026, 3, 1), [old, new]) is None
    assert campaign_on(date(2026, 6, 1), [old, new]) == (new.campaigns[0], 2)
    assert campaign_on(date(2025, 12, 31), [old, new]) is None


def test_two_campaigns_on_one_day_are_refused():
    first = campaign(ends_on=date(2026, 3, 1))
    check_dates([first, campaign(starts_on=date(2026, 3, 2))])
    check_dates([first, campaign(starts_on=date(2026, 3, 1), active=False)])
    for second in (campaign(starts_on=date(2026, 3, 1)), campaign(starts_on=date(2025, 1, 1), ends_on=None)):
        with pytest.raises(CampaignsOverlap):
            check_dates([first, second])


def test_a_campaign_that_ends_before_it_starts_is_refused():
    with pytest.raises(CampaignDatesReversed):
        check_dates([campaign(ends_on=date(2025, 12, 31))])


@given(st.integers(1, 10**6))
def test_a_referral_gives_both_sides_the_same_and_takes_it_from_the_issuer(points):
    referrer, referred = new_id(), new_id()
    made = referral_transfer(
        transfer_id=new_id(), referrer_id=referrer, referred_id=referred, points_each=points, occurred_at=NOON
    )
    check_transfer(made)
    assert {line.account_id: line.amount for line in made.lines} == {ISSUER: -2 * points, referrer: points, referred: points}
    assert made.reference == f"referral:{referred}"


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        ([Line(ME, 1), Line(ISSUER, -2)], TransferUnbalanced),
        ([], TransferUnbalanced),
        ([Line(ME, 0), Line(ISSUER, 0)], EmptyLine),
        ([Line(ME, 1), Line(ME, -1)], AccountRepeated),
    ],
)
def test_a_transfer_that_makes_points_or_moves_none_is_refused(lines, broken):
    made = transfer()
    object.__setattr__(made, "lines", tuple(lines))
    with pytest.raises(broken):
        check_transfer(made)
