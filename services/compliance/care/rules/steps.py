"""What a sale still lacks, and where each step of the care leads."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from services.compliance.care.rules.broken import (
    CareStateWrong,
    CareStepOutOfTime,
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
from services.compliance.care.rules.values import (
    AcknowledgementWay,
    CareFacts,
    CareNeed,
    CarePolicy,
    CareStep,
    CareStepKind,
    SaleChannel,
)


def lacking(facts: CareFacts | None, policy: CarePolicy, *, now: datetime) -> tuple[CareNeed, ...]:
    """What the sale still lacks at `now`, in the order in which it is done; all but the prompt is unknown before that is shown.

    A sale that was withdrawn lacks nothing: it is over, and `facts.withdrawn_at` says so.
    """
    if facts is None:
        return (CareNeed.PROMPT,)
    due = policy.needs.get((facts.risk_level, facts.channel), frozenset())
    done = {
        CareNeed.PROMPT: facts.prompted_at is not None,
        CareNeed.ACKNOWLEDGEMENT: facts.acknowledged_at is not None,
        CareNeed.READ_BACK: facts.read_back_at is not None,
        CareNeed.TRUSTED_CONTACT: facts.trusted_contact_at is not None,
        CareNeed.SECOND_PERSON: facts.second_person_at is not None,
        CareNeed.COOLING_OFF: facts.cooling_off_until is not None and now >= facts.cooling_off_until,
    }
    if facts.withdrawn_at is not None:
        return ()
    return tuple(need for need in CareNeed if need in due and not done[need])


def after(facts: CareFacts, step: CareStep, policy: CarePolicy) -> CareFacts:
    """The care after `step`. Raises the errors of this module."""
    if facts.withdrawn_at is not None:
        raise SaleWithdrawn("the customer withdrew from this sale")
    if facts.changed_at is not None and step.at < facts.changed_at:
        raise CareStepOutOfTime("the step lies before the one that it follows")
    _CHECKS[step.kind](facts, step, policy)
    return applied(facts, step)


def applied(facts: CareFacts, step: CareStep) -> CareFacts:
    """The care after a step that was checked before."""
    facts = replace(facts, actors=facts.actors | {step.actor}, changed_at=step.at)
    if step.kind is CareStepKind.PROMPTED:
        return replace(facts, prompted_at=step.at)
    if step.kind is CareStepKind.ACKNOWLEDGED:
        return replace(
            facts,
            acknowledged_at=step.at,
            acknowledged_by_words=step.way is AcknowledgementWay.OWN_WORDS,
            recording_id=step.recording_id,
            cooling_off_until=step.cooling_off_until,
        )
    if step.kind is CareStepKind.READ_BACK:
        return replace(facts, read_back_at=step.at)
    if step.kind is CareStepKind.TRUSTED_CONTACT:
        return replace(facts, trusted_contact_at=step.at, trusted_contact_ref=step.contact_ref)
    if step.kind is CareStepKind.SECOND_PERSON:
        return replace(facts, second_person_at=step.at)
    return replace(facts, withdrawn_at=step.at)


def check_words(words: str | None, way: AcknowledgementWay, policy: CarePolicy) -> None:
    """Raises `WordsMissing`, or `UnderstandingNotShown` for own words without an affirmation (明白) or with a denial (不明白)."""
    if (way is AcknowledgementWay.OWN_WORDS) != bool(words and words.strip()):
        raise WordsMissing("own words come with own_words, and with nothing else", field="body.words")
    if not words:
        return
    plain = "".join(words.split())
    if any(denial in plain for denial in policy.denials) or not any(word in plain for word in policy.affirmations):
        raise UnderstandingNotShown("the words do not say that the customer understands", field="body.words")


def cooling_off_from(at: datetime, facts: CareFacts, policy: CarePolicy) -> datetime:
    """When the cooling-off that begins at `at` ends; at once where the level has none."""
    return at + policy.cooling_off.get(facts.risk_level, timedelta())


def _check_prompt(facts: CareFacts, step: CareStep, policy: CarePolicy) -> None:
    if facts.acknowledged_at is not None:
        raise CareStateWrong("the prompt was acknowledged already")
    if facts.channel is SaleChannel.ONLINE and not step.by_customer:
        raise OnlineWithoutCustomer("staff show no prompt of an online sale", field="body.channel")


def _check_acknowledgement(facts: CareFacts, step: CareStep, policy: CarePolicy) -> None:
    if facts.prompted_at is None or facts.acknowledged_at is not None:
        raise CareStateWrong("an acknowledgement follows the prompt, once")
    if not step.by_customer and step.recording_id is None:
        raise NotByTheCustomer("staff acknowledged without a recording of the customer saying it", field="body.recording_id")
    if step.at < facts.prompted_at + policy.reading:
        raise PromptReadTooFast(f"the prompt takes {int(policy.reading.total_seconds())} seconds to read")


def _check_staff_step(facts: CareFacts, step: CareStep, policy: CarePolicy) -> None:
    if step.by_customer:
        raise StepByCustomer(f"{step.kind} is a step of staff")
    if facts.acknowledged_at is None:
        raise CareStateWrong(f"{step.kind} follows the acknowledgement")
    taken = {
        CareStepKind.READ_BACK: facts.read_back_at,
        CareStepKind.TRUSTED_CONTACT: facts.trusted_contact_at,
        CareStepKind.SECOND_PERSON: facts.second_person_at,
    }
    if taken[step.kind] is not None:
        raise CareStateWrong(f"{step.kind} happened already")


def _check_second_person(facts: CareFacts, step: CareStep, policy: CarePolicy) -> None:
    _check_staff_step(facts, step, policy)
    if step.actor in facts.actors:
        raise SecondPersonTookPart("the second person took part in the sale")


def _check_withdrawal(facts: CareFacts, step: CareStep, policy: CarePolicy) -> None:
    if facts.cooling_off_until is not None and step.at >= facts.cooling_off_until:
        raise CoolingOffOver("the cooling-off is over")


_CHECKS: Mapping[CareStepKind, Callable[[CareFacts, CareStep, CarePolicy], None]] = {
    CareStepKind.PROMPTED: _check_prompt,
    CareStepKind.ACKNOWLEDGED: _check_acknowledgement,
    CareStepKind.READ_BACK: _check_staff_step,
    CareStepKind.TRUSTED_CONTACT: _check_staff_step,
    CareStepKind.SECOND_PERSON: _check_second_person,
    CareStepKind.WITHDRAWN: _check_withdrawal,
}
