"""The care for a sale of a high-risk product to a customer of 65 or more (H24; Order 7 of 2025 art. 14, 18, 46).

The prompt is shown, the customer acknowledges it, staff read it back, a second person confirms, and hours pass before the
sale may go on. What of this a sale needs is data (`policies/care/older_care.yaml`); `lacking` says what is still to come.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.values import RiskLevel, RuleBroken


class CareStateWrong(RuleBroken):
    """The step does not follow from how far the care is."""

    rule = "care-state-wrong"
    fix = "The order is: prompt, acknowledgement, then read-back, trusted contact and second person. Read the care of the sale."


class SaleWithdrawn(RuleBroken):
    """The customer withdrew from the sale."""

    rule = "sale-withdrawn"
    fix = "Begin a new sale if the customer wants the product after all."


class CoolingOffOver(RuleBroken):
    """The hours in which the customer could withdraw here are over."""

    rule = "cooling-off-over"
    fix = "The contract's own terms decide now; cancel there."


class PromptReadTooFast(RuleBroken):
    """The answer came before the prompt could be read (art. 18: more time)."""

    rule = "older-prompt-read-too-fast"
    fix = "Give the customer the time that the answer to the prompt names, and ask again."


class NotByTheCustomer(RuleBroken):
    """Somebody else answers the prompt, or staff without a recording in which the customer says it."""

    rule = "older-prompt-not-by-customer"
    fix = "Let the customer answer, or name the recording of this sale in which they say that they understand."


class WordsMissing(RuleBroken):
    """An answer in own words without words, or a click with some."""

    rule = "own-words-missing"
    fix = "Send the customer's words with own_words, and none with click."


class UnderstandingNotShown(RuleBroken):
    """The customer's own words do not say that they understand, or say that they do not."""

    rule = "own-words-show-no-understanding"
    fix = "Explain the risk again and ask again; if the customer does not understand it, the product is not sold."


class SecondPersonTookPart(RuleBroken):
    """The second person sold, prompted or read back."""

    rule = "second-person-took-part"
    fix = "Let somebody confirm who took no part in the sale."


class StepByCustomer(RuleBroken):
    """A step of staff, done by the customer."""

    rule = "care-step-of-staff"
    fix = "Reading back, the trusted contact and the second person are the bank's to do."


class CareStepOutOfTime(RuleBroken):
    """The step would lie before the one that it follows."""

    rule = "care-step-out-of-time"
    fix = "Check the service's clock; the steps of the care never go back in time."


class CareNeed(StrEnum):
    """What a sale still lacks, in the order in which it is done."""

    PROMPT = "older-prompt"
    ACKNOWLEDGEMENT = "older-acknowledgement"
    READ_BACK = "older-read-back"
    TRUSTED_CONTACT = "older-trusted-contact"
    SECOND_PERSON = "older-second-person"
    COOLING_OFF = "cooling-off"


class CareStepKind(StrEnum):
    """What can happen in the care for a sale."""

    PROMPTED = "prompted"
    ACKNOWLEDGED = "acknowledged"
    READ_BACK = "read_back"
    TRUSTED_CONTACT = "trusted_contact"
    SECOND_PERSON = "second_person"
    WITHDRAWN = "withdrawn"


class AcknowledgementWay(StrEnum):
    """How the customer answered the prompt."""

    CLICK = "click"
    OWN_WORDS = "own_words"


class SaleChannel(StrEnum):
    """Where the sale takes place; online flows embed the same care (art. 46)."""

    BRANCH = "branch"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class CareFacts:
    """How the care for one sale stands. Times are UTC; None: has not happened."""

    care_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    risk_level: RiskLevel
    channel: SaleChannel
    prompt_version: int
    actors: frozenset[str] = frozenset()
    prompted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by_words: bool = False
    recording_id: UUID | None = None
    read_back_at: datetime | None = None
    trusted_contact_at: datetime | None = None
    trusted_contact_ref: UUID | None = None
    second_person_at: datetime | None = None
    cooling_off_until: datetime | None = None
    withdrawn_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CarePolicy:
    """A version of what is due: `needs` by risk level and channel, `cooling_off` by risk level; other levels need nothing.

    `affirmations` and `denials` are what own words must hold, and may not.
    """

    version: int
    reading: timedelta
    needs: Mapping[tuple[RiskLevel, SaleChannel], frozenset[CareNeed]]
    cooling_off: Mapping[RiskLevel, timedelta]
    affirmations: tuple[str, ...]
    denials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CareStep:
    """One step of the care. `by_customer`: the customer's own capability; `ended`: when cooling-off ends, at acknowledging."""

    kind: CareStepKind
    at: datetime
    actor: str
    by_customer: bool
    way: AcknowledgementWay | None = None
    recording_id: UUID | None = None
    contact_ref: UUID | None = None
    cooling_off_until: datetime | None = None


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
