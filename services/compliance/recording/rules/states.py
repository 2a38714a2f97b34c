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


class FileUnnamed(RuleBroken):
    """The recording ends without its file's digest or place."""

    rule = "recording-file-unnamed"
    fix = "Send the file's SHA-256 and its storage reference."


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
    if facts.state is RecordingState.REFUSED:
        raise RecordingRefused("the customer refused to be recorded")
    if facts.state not in _FOLLOWS[step.kind]:
        raise RecordingStateWrong(f"{step.kind} does not follow in the state {facts.state}")
    if step.at < (facts.changed_at or facts.opened_at):
        raise StepOutOfTime("the step lies before the one that it follows")
    check = _CHECKS.get(step.kind)
    if check is not None:
        check(facts, step, script)
    return applied(facts, step)


def applied(facts: RecordingFacts, step: Step) -> RecordingFacts:
    """The recording after a step that was checked before: what is stored is not judged again by a later script."""
    facts = replace(facts, changed_at=step.at, state=_LEADS.get(step.kind, facts.state))
    if step.kind is StepKind.PASSED:
        return replace(facts, completed_at=step.at)
    if step.kind is StepKind.FAILED:
        return replace(facts, reasons=step.codes)
    facts = replace(facts, actors=facts.actors | {step.actor})
    if step.kind is StepKind.CHECKPOINT:
        affirmed = facts.affirmed | set(step.codes) if step.affirmed else facts.affirmed
        return replace(facts, reached=facts.reached + step.codes, affirmed=affirmed, offset_ms=step.offset_ms or 0)
    if step.kind is StepKind.ENDED:
        return replace(facts, sha256=step.sha256, storage_ref=step.storage_ref, duration_ms=step.duration_ms)
    return replace(facts, reasons=step.codes)


def next_checkpoint(facts: RecordingFacts, script: Script) -> Checkpoint | None:
    """The checkpoint that comes next; None when all are reached."""
    return script.checkpoints[len(facts.reached)] if len(facts.reached) < len(script.checkpoints) else None


def next_attempt(last: RecordingFacts | None) -> int:
    """The number of the next recording for a sale.

    Raises `RecordingRefused`, or `RecordingStateWrong` while a recording of the sale goes on or counts already.
    """
    if last is None:
        return 1
    if last.state is RecordingState.REFUSED:
        raise RecordingRefused("the customer refused to be recorded for this sale")
    if last.state is not RecordingState.FAILED:
        raise RecordingStateWrong(f"the sale has a recording in the state {last.state}")
    return last.attempt + 1


def _check_checkpoint(facts: RecordingFacts, step: Step, script: Script) -> None:
    expected = next_checkpoint(facts, script)
    if expected is None or step.codes != (expected.code,):
        raise CheckpointOutOfOrder("the script has another checkpoint next", field="body.code")
    if step.offset_ms is None or step.offset_ms < facts.offset_ms:
        raise CheckpointOutOfOrder("the checkpoint lies before the one before it", field="body.offset_ms")
    if expected.affirmation and not step.affirmed:
        raise CheckpointNotAffirmed(f"{expected.code} asks the customer to say that they understand", field="body.affirmed")


def _check_end(facts: RecordingFacts, step: Step, script: Script) -> None:
    missing = script.checkpoints[len(facts.reached) :]
    if missing:
        raise CheckpointsMissing(f"not reached: {', '.join(checkpoint.code for checkpoint in missing)}")
    if step.sha256 is None or step.storage_ref is None:
        raise FileUnnamed("the file's digest and place belong to the end")
    if step.duration_ms is None or step.duration_ms < max(facts.offset_ms, 1):
        raise DurationTooShort("the file ends before its last checkpoint", field="body.duration_ms")


def _check_abandoning(facts: RecordingFacts, step: Step, script: Script) -> None:
    _check_reasons(step, script.abandon_reasons)


def _check_passing(facts: RecordingFacts, step: Step, script: Script) -> None:
    if step.actor in facts.actors:
        raise CheckerTookPart("the checker sold or recorded")
    if step.codes:
        raise ReasonUnknown("a recording that passes has no reasons against it", field="body.reasons")


def _check_failing(facts: RecordingFacts, step: Step, script: Script) -> None:
    if step.actor in facts.actors:
        raise CheckerTookPart("the checker sold or recorded")
    _check_reasons(step, script.fail_reasons)


def _check_reasons(step: Step, known: frozenset[str]) -> None:
    if not step.codes or not set(step.codes) <= known:
        raise ReasonUnknown("no reason, or one that the script does not have", field="body.reasons")


_NONE, _AGREED, _RUNNING, _ENDED = (
    RecordingState.NONE,
    RecordingState.CONSENTED,
    RecordingState.RUNNING,
    RecordingState.ENDED,
)
_FOLLOWS: Mapping[StepKind, frozenset[RecordingState]] = {
    StepKind.AGREED: frozenset({_NONE}),
    StepKind.REFUSED: frozenset({_NONE}),
    StepKind.STARTED: frozenset({_AGREED}),
    StepKind.CHECKPOINT: frozenset({_RUNNING}),
    StepKind.ENDED: frozenset({_RUNNING}),
    StepKind.ABANDONED: frozenset({_NONE, _AGREED, _RUNNING, _ENDED}),
    StepKind.PASSED: frozenset({_ENDED}),
    StepKind.FAILED: frozenset({_ENDED}),
}
_LEADS: Mapping[StepKind, RecordingState] = {
    StepKind.AGREED: _AGREED,
    StepKind.REFUSED: RecordingState.REFUSED,
    StepKind.STARTED: _RUNNING,
    StepKind.ENDED: _ENDED,
    StepKind.ABANDONED: RecordingState.FAILED,
    StepKind.PASSED: RecordingState.COMPLETE,
    StepKind.FAILED: RecordingState.FAILED,
}
_CHECKS: Mapping[StepKind, Callable[[RecordingFacts, Step, Script], None]] = {
    StepKind.CHECKPOINT: _check_checkpoint,
    StepKind.ENDED: _check_end,
    StepKind.ABANDONED: _check_abandoning,
    StepKind.PASSED: _check_passing,
    StepKind.FAILED: _check_failing,
}
