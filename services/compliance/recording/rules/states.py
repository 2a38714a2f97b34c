"""The states of a double recording (双录, H21; Order 7 of 2025 art. 17): each step is a value, and `after` says where it leads.

The only way to `complete` is: the customer consents, the recording starts, every checkpoint of the script is reached in its
order, the file is named with its digest, and a second person's quality check passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.values import RuleBroken


class RecordingState(StrEnum):
    """How far a recording is. A sale that needs one is locked in every state but `complete`."""

    NONE = "none"
    REFUSED = "refused"
    CONSENTED = "consented"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    COMPLETE = "complete"


class StepKind(StrEnum):
    """What can happen to a recording."""

    AGREED = "agreed"
    REFUSED = "refused"
    STARTED = "started"
    CHECKPOINT = "checkpoint"
    ENDED = "ended"
    ABANDONED = "abandoned"
    PASSED = "passed"
    FAILED = "failed"


class RecordingRefused(RuleBroken):
    """The customer does not want to be recorded: the sale stays locked."""

    rule = "recording-refused"
    fix = "Without a recording this product is not sold (H21); begin a new sale if the customer decides otherwise."


class RecordingStateWrong(RuleBroken):
    """The step does not follow from the state that the recording is in."""

    rule = "recording-state-wrong"
    fix = "The order is: consent, start, checkpoints, end, quality check. Read the recording to see how far it is."


class CheckpointOutOfOrder(RuleBroken):
    """Not the script's next checkpoint, or earlier in the recording than the one before it."""

    rule = "checkpoint-out-of-order"
    fix = "Send the checkpoint that the recording names as next, with its milliseconds from the start of the recording."


class CheckpointNotAffirmed(RuleBroken):
    """The customer did not say that they understand, where the script asks it."""

    rule = "checkpoint-not-affirmed"
    fix = "Explain again until the customer says in their own words that they understand, or abandon the recording."


class CheckpointsMissing(RuleBroken):
    """The recording ends before the script does."""

    rule = "checkpoints-missing"
    fix = "Record the checkpoints that are still missing, or abandon the recording with a reason and record again."


class DurationTooShort(RuleBroken):
    """The file is shorter than the place of its last checkpoint."""

    rule = "recording-duration-short"
    fix = "Send the file's whole duration in milliseconds."


class ReasonUnknown(RuleBroken):
    """A reason that the script's version does not have, or none where one is due."""

    rule = "recording-reason-unknown"
    fix = "Give one of the reason codes of the recording's script."


class StepOutOfTime(RuleBroken):
    """The step would lie before the one that it follows."""

    rule = "recording-step-out-of-time"
    fix = "Check the service's clock; the steps of a recording never go back in time."


class CheckerTookPart(RuleBroken):
    """The quality check is done by somebody who sold or recorded."""

    rule = "recording-checker-took-part"
    fix = "Let a second person check the recording."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place of the script. With `affirmation` it counts only if the customer says that they understand (明白)."""

    code: str
    affirmation: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """What a recording of one product class must hold, in this order, and the reasons for which one can fail."""

    version: int
    checkpoints: tuple[Checkpoint, ...]
    abandon_reasons: frozenset[str]
    fail_reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `offset_ms` and `duration_ms` count from the start of the recording; `sha256` is the file's digest."""

    kind: StepKind
    at: datetime
    actor: str
    codes: tuple[str, ...] = ()
    offset_ms: int | None = None
    affirmed: bool = False
    sha256: bytes | None = None
    storage_ref: str | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """How a recording stands. `actors` are all who took part before the check, the seller included."""

    recording_id: UUID
    customer_id: UUID
    sale_no: str
    product_code: str
    script_version: int
    opened_at: datetime
    actors: frozenset[str]
    attempt: int = 1
    state: RecordingState = RecordingState.NONE
    reached: tuple[str, ...] = ()
    affirmed: frozenset[str] = frozenset()
    offset_ms: int = 0
    changed_at: datetime | None = None
    sha256: bytes | None = None
    storage_ref: str | None = None
    duration_ms: int | None = None
    completed_at: datetime | None = None
    reasons: tuple[str, ...] = ()

    @property
    def locks_sale(self) -> bool:
        """Whether the sale may not go on for want of a recording (invariant 12)."""
        return self.state is not RecordingState.COMPLETE


def after(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    """The recording after `step`. Raises the errors of this module; `script` is of the recording's own version."""
    froms, lead = _STEPS[step.kind]
    if facts.state is RecordingState.REFUSED:
        raise RecordingRefused("the customer refused to be recorded")
    if facts.state not in froms:
        raise RecordingStateWrong(f"{step.kind} does not follow in the state {facts.state}")
    if step.at < (facts.changed_at or facts.opened_at):
        raise StepOutOfTime("the step lies before the one that it follows")
    return replace(lead(facts, step, script), changed_at=step.at)


def next_checkpoint(facts: RecordingFacts, script: Script) -> Checkpoint | None:
    """The checkpoint that comes next; None when all are reached."""
    return script.checkpoints[len(facts.reached)] if len(facts.reached) < len(script.checkpoints) else None


def may_open_again(last: RecordingFacts | None) -> int:
    """The number of the next attempt for a sale. Raises `RecordingRefused`, or `RecordingStateWrong` while one goes on or counts."""
    if last is None:
        return 1
    if last.state is RecordingState.REFUSED:
        raise RecordingRefused("the customer refused to be recorded for this sale")
    if last.state is not RecordingState.FAILED:
        raise RecordingStateWrong(f"the sale has a recording in the state {last.state}")
    return last.attempt + 1


def _moved(state: RecordingState) -> Callable[[RecordingFacts, Step, Script], RecordingFacts]:
    def move(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
        return replace(facts, state=state, actors=facts.actors | {step.actor})

    return move


def _checkpoint(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    expected = next_checkpoint(facts, script)
    if expected is None or step.codes != (expected.code,):
        raise CheckpointOutOfOrder("the script has another checkpoint next", field="body.code")
    if step.offset_ms is None or step.offset_ms < facts.offset_ms:
        raise CheckpointOutOfOrder("the checkpoint lies before the one before it", field="body.offset_ms")
    if expected.affirmation and not step.affirmed:
        raise CheckpointNotAffirmed(f"{expected.code} asks the customer to say that they understand", field="body.affirmed")
    return replace(
        facts,
        reached=(*facts.reached, expected.code),
        affirmed=facts.affirmed | {expected.code} if step.affirmed else facts.affirmed,
        offset_ms=step.offset_ms,
        actors=facts.actors | {step.actor},
    )


def _ended(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    missing = script.checkpoints[len(facts.reached) :]
    if missing:
        raise CheckpointsMissing(f"not reached: {', '.join(checkpoint.code for checkpoint in missing)}")
    if step.sha256 is None or step.storage_ref is None or step.duration_ms is None:
        raise CheckpointsMissing("the file's digest, place and duration belong to the end")
    if step.duration_ms < max(facts.offset_ms, 1):
        raise DurationTooShort("the file ends before its last checkpoint", field="body.duration_ms")
    return replace(
        facts,
        state=RecordingState.ENDED,
        sha256=step.sha256,
        storage_ref=step.storage_ref,
        duration_ms=step.duration_ms,
        actors=facts.actors | {step.actor},
    )


def _abandoned(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    _check_reasons(step, script.abandon_reasons)
    return replace(facts, state=RecordingState.FAILED, reasons=step.codes, actors=facts.actors | {step.actor})


def _passed(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    _check_checker(facts, step)
    return replace(facts, state=RecordingState.COMPLETE, completed_at=step.at)


def _failed(facts: RecordingFacts, step: Step, script: Script) -> RecordingFacts:
    _check_checker(facts, step)
    _check_reasons(step, script.fail_reasons)
    return replace(facts, state=RecordingState.FAILED, reasons=step.codes)


def _check_checker(facts: RecordingFacts, step: Step) -> None:
    if step.actor in facts.actors:
        raise CheckerTookPart("the checker sold or recorded")


def _check_reasons(step: Step, known: frozenset[str]) -> None:
    if not step.codes or not set(step.codes) <= known:
        raise ReasonUnknown("no reason, or one that the script does not have", field="body.reasons")


_Lead = Callable[[RecordingFacts, Step, Script], RecordingFacts]
_STEPS: Mapping[StepKind, tuple[frozenset[RecordingState], _Lead]] = {
    StepKind.AGREED: (frozenset({RecordingState.NONE}), _moved(RecordingState.CONSENTED)),
    StepKind.REFUSED: (frozenset({RecordingState.NONE}), _moved(RecordingState.REFUSED)),
    StepKind.STARTED: (frozenset({RecordingState.CONSENTED}), _moved(RecordingState.RUNNING)),
    StepKind.CHECKPOINT: (frozenset({RecordingState.RUNNING}), _checkpoint),
    StepKind.ENDED: (frozenset({RecordingState.RUNNING}), _ended),
    StepKind.ABANDONED: (frozenset({RecordingState.CONSENTED, RecordingState.RUNNING, RecordingState.ENDED}), _abandoned),
    StepKind.PASSED: (frozenset({RecordingState.ENDED}), _passed),
    StepKind.FAILED: (frozenset({RecordingState.ENDED}), _failed),
}
