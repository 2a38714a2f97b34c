"""The care for older customers, pure."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import RiskLevel, RuleBroken
from services.compliance.care.documents import OLDER_CARE, CareDocument
from services.compliance.care.rules.broken import (
    CareStateWrong,
    CoolingOffOver,
    NotByTheCustomer,
    OnlineWithoutCustomer,
    PromptReadTooFast,
    SaleWithdrawn,
    SecondPersonTookPart,
    StepByCustomer,
    UnderstandingNotShown,
    WordsMissing,
)
from services.compliance.care.rules.steps import after, applied, check_words, cooling_off_from, lacking
from services.compliance.care.rules.values import AcknowledgementWay, CareFacts, CareNeed, CareStep, CareStepKind, SaleChannel
from services.compliance.documents.kinds import KINDS, DocumentMalformed
from tests.services.compliance.recording.builders import NOON, new_id

SHIPPED = KINDS.shipped(OLDER_CARE)
POLICY = CareDocument.model_validate(SHIPPED).policy(1)


def sale(level=RiskLevel.R5, channel=SaleChannel.BRANCH):
    return CareFacts(
        care_id=new_id(),
        customer_id=new_id(),
        sale_no="S-1",
        product_code="FD-1",
        risk_level=level,
        channel=channel,
        prompt_version=1,
        actors=frozenset({"A100"}),
    )


def step(kind, *, seconds=0, actor="A100", by_customer=False, hours=48, **what):
    at = NOON + timedelta(seconds=seconds)
    if kind is CareStepKind.ACKNOWLEDGED:
        what = {"way": AcknowledgementWay.CLICK, "cooling_off_until": at + timedelta(hours=hours), **what}
    return CareStep(kind=kind, at=at, actor=actor, by_customer=by_customer, **what)


PROMPTED = step(CareStepKind.PROMPTED)
ACKNOWLEDGED = step(CareStepKind.ACKNOWLEDGED, seconds=20, actor="customer", by_customer=True)
READ_BACK = step(CareStepKind.READ_BACK, seconds=30)
SECOND = step(CareStepKind.SECOND_PERSON, seconds=40, actor="B200")
IN_TIME, OVER = NOON + timedelta(hours=48, seconds=19), NOON + timedelta(hours=48, seconds=20)


def led(*steps, facts=None):
    if facts is not None and facts.channel is SaleChannel.ONLINE:
        steps = (step(CareStepKind.PROMPTED, actor="customer", by_customer=True), *steps[1:])
    return reduce(lambda before, one: after(before, one, POLICY), steps, facts or sale())


def test_a_sale_lacks_the_prompt_then_what_comes_after_it_and_nothing_when_the_hours_are_over():
    assert lacking(None, POLICY, now=NOON) == (CareNeed.PROMPT,)
    every = (CareNeed.ACKNOWLEDGEMENT, CareNeed.READ_BACK, CareNeed.SECOND_PERSON, CareNeed.COOLING_OFF)
    done = [PROMPTED, ACKNOWLEDGED, READ_BACK, SECOND]
    assert [lacking(led(*done[: n + 1]), POLICY, now=IN_TIME) for n in range(4)] == [every[n:] for n in range(4)]
    assert lacking(led(*done), POLICY, now=OVER) == ()


@pytest.mark.parametrize(
    ("level", "channel", "needs", "hours"),
    [
        (RiskLevel.R4, SaleChannel.ONLINE, {CareNeed.COOLING_OFF}, 24),
        (RiskLevel.R4, SaleChannel.BRANCH, {CareNeed.READ_BACK, CareNeed.COOLING_OFF}, 24),
        (RiskLevel.R5, SaleChannel.ONLINE, {CareNeed.READ_BACK, CareNeed.SECOND_PERSON, CareNeed.COOLING_OFF}, 48),
        (RiskLevel.R3, SaleChannel.ONLINE, set(), 0),
    ],
)
def test_what_a_level_needs_and_how_many_hours_it_waits_are_data(level, channel, needs, hours):
    facts = led(PROMPTED, ACKNOWLEDGED, facts=sale(level, channel))
    assert set(lacking(facts, POLICY, now=NOON)) == needs
    assert cooling_off_from(NOON, facts, POLICY) == NOON + timedelta(hours=hours)


def test_staff_do_not_call_a_sale_online_in_which_they_take_part():
    with pytest.raises(OnlineWithoutCustomer):
        after(sale(channel=SaleChannel.ONLINE), PROMPTED, POLICY)


def test_nobody_answers_for_the_customer_but_with_the_recording_that_holds_the_answer():
    with pytest.raises(NotByTheCustomer):
        led(PROMPTED, step(CareStepKind.ACKNOWLEDGED, seconds=20))
    recording = new_id()
    facts = led(PROMPTED, step(CareStepKind.ACKNOWLEDGED, seconds=20, recording_id=recording))
    assert facts.recording_id == recording


def test_an_answer_before_the_prompt_or_before_it_could_be_read_does_not_count():
    with pytest.raises(CareStateWrong):
        led(ACKNOWLEDGED)
    early = step(CareStepKind.ACKNOWLEDGED, seconds=14, actor="customer", by_customer=True)
    with pytest.raises(PromptReadTooFast):
        led(PROMPTED, early)
    with pytest.raises(PromptReadTooFast):  # shown again, it has to be read again
        led(PROMPTED, step(CareStepKind.PROMPTED, seconds=10), ACKNOWLEDGED)


@pytest.mark.parametrize("words", ["我明白，可能会亏本", "理解了", "我知 道 不保证收益", "清楚，会亏的"])
def test_own_words_that_say_it_are_taken(words):
    check_words(words, AcknowledgementWay.OWN_WORDS, POLICY)


@pytest.mark.parametrize("words", ["我不明白", "没听懂", "不 理解", "好的", "保本的对吧", "我明白一点，但不太清楚"])
def test_own_words_that_do_not_say_it_are_not(words):
    with pytest.raises(UnderstandingNotShown) as refused:
        check_words(words, AcknowledgementWay.OWN_WORDS, POLICY)
    assert words not in str(refused.value)


@pytest.mark.parametrize(("words", "way"), [(None, "own_words"), ("  ", "own_words"), ("明白", "click")])
def test_words_come_with_own_words_and_with_nothing_else(words, way):
    with pytest.raises(WordsMissing):
        check_words(words, AcknowledgementWay(way), POLICY)


@pytest.mark.parametrize("actor", ["A100", "customer"])
def test_the_second_person_took_no_part_in_the_sale(actor):
    with pytest.raises(SecondPersonTookPart):
        led(PROMPTED, ACKNOWLEDGED, step(CareStepKind.SECOND_PERSON, seconds=40, actor=actor))


@pytest.mark.parametrize("kind", [CareStepKind.READ_BACK, CareStepKind.TRUSTED_CONTACT, CareStepKind.SECOND_PERSON])
def test_the_banks_own_steps_are_done_by_staff_once_and_after_the_answer(kind):
    one = step(kind, seconds=40, actor="B200")
    facts = led(PROMPTED, ACKNOWLEDGED, one)
    with pytest.raises(CareStateWrong):
        after(facts, step(kind, seconds=50, actor="C300"), POLICY)
    with pytest.raises(CareStateWrong):
        led(PROMPTED, one)
    with pytest.raises(StepByCustomer):
        led(PROMPTED, ACKNOWLEDGED, step(kind, seconds=40, actor="customer", by_customer=True))


def test_a_customer_withdraws_until_the_hours_are_over_and_then_nothing_more_happens():
    facts = led(PROMPTED, ACKNOWLEDGED)
    last, late = (step(CareStepKind.WITHDRAWN, seconds=s, by_customer=True) for s in (48 * 3600 + 19, 48 * 3600 + 20))
    with pytest.raises(CoolingOffOver):
        after(facts, late, POLICY)
    withdrawn = after(facts, last, POLICY)
    for kind in CareStepKind:
        with pytest.raises(SaleWithdrawn):
            after(withdrawn, step(kind, seconds=48 * 3600 + 21), POLICY)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            step,
            st.sampled_from(CareStepKind),
            seconds=st.integers(0, 60),
            actor=st.sampled_from(["A100", "B200", "customer"]),
            by_customer=st.booleans(),
        ),
        max_size=8,
    )
)
def test_a_sale_never_lacks_nothing_without_the_customers_answer_and_a_second_person(tried):
    start, taken = sale(), []
    facts = start
    for one in [PROMPTED, *sorted(tried, key=lambda one: one.at)]:
        try:
            facts = after(facts, one, POLICY)
        except RuleBroken:
            continue
        taken.append(one)
    assert reduce(applied, taken, start) == facts
    if facts.withdrawn_at is None and not lacking(facts, POLICY, now=NOON + timedelta(days=9)):
        answer = next(one for one in taken if one.kind is CareStepKind.ACKNOWLEDGED)
        second = next(one for one in taken if one.kind is CareStepKind.SECOND_PERSON)
        assert answer.by_customer or answer.recording_id
        assert second.actor not in {"A100", answer.actor}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("question", "zh"), "您是否理解？"),
        (("prompt", "zh"), "投资有风险，但这款产品保本保息。"),
        (("large_type", "zh"), ["这款产品稳赚不赔。", "投资有风险"]),
        (("levels", "R5", "needs", "online"), ["cooling-off"]),
        (("levels", "R5", "cooling_off_hours"), 0),
    ],
)
def test_a_document_that_asks_less_or_says_what_may_not_be_said_is_refused(place, value):
    *way, last = place
    document = KINDS.shipped(OLDER_CARE)
    reduce(lambda part, name: part[name], way, document)[last] = value
    with pytest.raises(DocumentMalformed):
        KINDS.parse(OLDER_CARE, document)


def test_the_question_is_the_handbooks():
    assert SHIPPED["question"]["zh"] == "您是否理解该产品不保证收益？"
