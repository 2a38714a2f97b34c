"""The states of a recording, pure."""

import contextlib
from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import RuleBroken
from services.compliance.recording.rules.states import (
    CheckerTookPart,
    CheckpointNotAffirmed,
    CheckpointOutOfOrder,
    CheckpointsMissing,
    DurationTooShort,
    FileUnnamed,
    ReasonUnknown,
    RecordingRefused,
    RecordingState,
    RecordingStateWrong,
    StepKind,
    StepOutOfTime,
    after,
    applied,
    next_attempt,
    next_checkpoint,
)
from tests.services.compliance.recording.builders import DIGEST, SCRIPT, begun, ended, step, whole

PASSED = step(StepKind.PASSED, seconds=99, actor="B200")


def led(*steps):
    return reduce(lambda facts, one: after(facts, one, SCRIPT), steps, begun())


def steps_of_any_kind():
    """Steps as they might come: right and wrong ones, by three people, at times that mostly grow."""
    return st.builds(
        step,
        st.sampled_from(StepKind),
        seconds=st.integers(0, 5),
        actor=st.sampled_from(["A100", "B200", "C300"]),
        codes=st.sampled_from([(), ("identity",), ("risk",), ("words",), ("sound-unusable",), ("device-failed",)]),
        offset_ms=st.sampled_from([None, 0, 1000, 2000]),
        affirmed=st.booleans(),
        sha256=st.sampled_from([None, DIGEST]),
        storage_ref=st.sampled_from([None, "vault/1.mp4"]),
        duration_ms=st.sampled_from([None, 0, 90_000]),
    )


@st.composite
def tangled(draw):
    """The right steps, with others pushed in and some left out."""
    right = [*whole(), PASSED]
    kept = [one for one in right if draw(st.integers(0, 19))]
    for other in draw(st.lists(steps_of_any_kind(), max_size=4)):
        kept.insert(draw(st.integers(0, len(kept))), other)
    return kept


@settings(max_examples=120, deadline=None)
@given(tangled())
def test_no_way_leads_to_complete_but_through_consent_every_checkpoint_the_file_and_a_second_persons_check(tried):
    facts, taken = begun(), []
    for one in tried:
        try:
            facts = after(facts, one, SCRIPT)
        except RuleBroken:
            continue
        taken.append(one)
    if facts.state is not RecordingState.COMPLETE:
        assert facts.locks_sale
        return
    kinds = [one.kind for one in taken]
    assert kinds == [StepKind.AGREED, StepKind.STARTED, *[StepKind.CHECKPOINT] * 3, StepKind.ENDED, StepKind.PASSED]
    assert facts.reached == ("identity", "risk", "words")
    assert "words" in facts.affirmed
    assert (facts.sha256, facts.storage_ref) == (DIGEST, "vault/1.mp4")
    assert taken[-1].actor not in {"A100", *(one.actor for one in taken[:-1])}
    times = [one.at for one in taken]
    offsets = [one.offset_ms for one in taken if one.kind is StepKind.CHECKPOINT]
    assert times == sorted(times)
    assert offsets == sorted(offsets)


@settings(max_examples=40, deadline=None)
@given(tangled())
def test_what_is_read_again_from_its_steps_stands_as_it_stood(tried):
    facts, taken = begun(), []
    for one in tried:
        try:
            facts = after(facts, one, SCRIPT)
        except RuleBroken:
            continue
        taken.append(one)
    assert reduce(applied, taken, begun()) == facts


def test_the_whole_script_with_a_passed_check_completes():
    facts = led(*whole(), PASSED)
    assert (facts.state, facts.locks_sale, facts.completed_at) == (RecordingState.COMPLETE, False, PASSED.at)


@pytest.mark.parametrize("left_out", range(7))
def test_whichever_step_is_left_out_the_recording_is_never_complete(left_out):
    facts = begun()
    for number, one in enumerate([*whole(), PASSED]):
        if number != left_out:
            with contextlib.suppress(RuleBroken):
                facts = after(facts, one, SCRIPT)
    assert facts.locks_sale


def test_a_customer_who_refuses_locks_the_sale_for_good():
    facts = led(step(StepKind.REFUSED))
    assert facts.locks_sale
    for kind in StepKind:
        with pytest.raises(RecordingRefused):
            after(facts, step(kind), SCRIPT)
    with pytest.raises(RecordingRefused):
        next_attempt(facts)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"codes": ("risk",)}, CheckpointOutOfOrder),
        ({"codes": ("other",)}, CheckpointOutOfOrder),
        ({"offset_ms": 999}, CheckpointOutOfOrder),
        ({"offset_ms": None}, CheckpointOutOfOrder),
        ({"affirmed": False}, CheckpointNotAffirmed),
    ],
)
def test_a_checkpoint_counts_only_next_in_order_later_in_the_recording_and_affirmed(change, broken):
    facts = led(*whole()[:4])
    last = whole()[4]
    assert next_checkpoint(facts, SCRIPT).code == "words"
    with pytest.raises(broken):
        after(facts, replace(last, **change), SCRIPT)
    assert after(facts, last, SCRIPT).reached[-1] == "words"


@pytest.mark.parametrize(
    ("change", "broken"),
    [({"sha256": None}, FileUnnamed), ({"storage_ref": None}, FileUnnamed), ({"duration_ms": 1999}, DurationTooShort)],
)
def test_the_end_names_the_whole_file(change, broken):
    with pytest.raises(broken):
        after(led(*whole()[:5]), replace(ended(), **change), SCRIPT)


def test_a_recording_cannot_end_before_its_script():
    with pytest.raises(CheckpointsMissing, match="words"):
        after(led(*whole()[:4]), ended(), SCRIPT)


@pytest.mark.parametrize("kind", [StepKind.PASSED, StepKind.FAILED])
def test_who_sold_or_recorded_does_not_check(kind):
    with pytest.raises(CheckerTookPart):
        after(led(*whole()), step(kind, seconds=99, codes=("sound-unusable",)), SCRIPT)


@pytest.mark.parametrize("codes", [(), ("no-such-reason",), ("sound-unusable", "no-such-reason")])
def test_a_failed_check_gives_reasons_that_the_script_knows(codes):
    with pytest.raises(ReasonUnknown):
        after(led(*whole()), step(StepKind.FAILED, seconds=99, actor="B200", codes=codes), SCRIPT)


def test_a_passed_check_has_no_reasons():
    with pytest.raises(ReasonUnknown):
        after(led(*whole()), replace(PASSED, codes=("sound-unusable",)), SCRIPT)


def test_after_a_failed_check_the_sale_is_recorded_again_and_not_otherwise():
    failed = led(*whole(), step(StepKind.FAILED, seconds=99, actor="B200", codes=("sound-unusable",)))
    assert (failed.state, failed.reasons, next_attempt(failed)) == (RecordingState.FAILED, ("sound-unusable",), 2)
    assert next_attempt(None) == 1
    for facts in (begun(), led(*whole()), led(*whole(), PASSED)):
        with pytest.raises(RecordingStateWrong):
            next_attempt(facts)


def test_no_step_lies_before_the_one_that_it_follows():
    facts = led(step(StepKind.AGREED, seconds=2))
    with pytest.raises(StepOutOfTime):
        after(facts, step(StepKind.STARTED, seconds=1), SCRIPT)
    with pytest.raises(StepOutOfTime):
        after(begun(), step(StepKind.AGREED, seconds=-1), SCRIPT)
