"""HTTP to action: double recordings, from consent to the checked file."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.http import Caller, Now, SessionDep, Today, operation
from chassis.problems import from_rule
from contracts.values import RuleBroken, Scope
from services.compliance.documents.kinds import DocumentUnknown
from services.compliance.recording import actions
from services.compliance.recording.documents import NoScript
from services.compliance.recording.rules import states
from services.compliance.recording.rules.states import Step, StepKind, next_checkpoint
from services.compliance.recording.schemas import (
    AbandonIn,
    CheckpointIn,
    CheckpointOut,
    ConsentIn,
    DigestIn,
    EndIn,
    QualityIn,
    RecordingDetail,
    RecordingIn,
    RecordingOut,
    RecordingsOut,
    SaleNo,
    StepOut,
    VerificationOut,
)
from services.compliance.recording.store import Kept

router = APIRouter(tags=["recordings"])

_ALL = "/v1/customers/{customer_id}/recordings"
_ONE = _ALL + "/{recording_id}"
_STEP: dict[type[RuleBroken], int] = {
    actions.RecordingUnknown: 404,
    DocumentUnknown: 404,
    states.RecordingRefused: 409,
    states.RecordingStateWrong: 409,
    states.StepOutOfTime: 409,
}


@router.post(
    _ALL,
    status_code=201,
    **operation(
        scope=Scope.RECORDING_WRITE,
        errors={
            NoScript: 422,
            actions.ProductClassOther: 422,
            DocumentUnknown: 404,
            states.RecordingRefused: 409,
            states.RecordingStateWrong: 409,
        },
    ),
)
async def open_recording(
    customer_id: UUID, body: RecordingIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> RecordingDetail:
    """Begin the double recording (双录, H21) of a sale; the answer is the script to follow."""
    sale = actions.Sale(**body.model_dump())
    kept = await actions.open_recording(session, caller=caller, customer_id=customer_id, sale=sale, now=now, today=today)
    return await _detail(session, kept)


@router.get(_ALL, **operation(scope=Scope.RECORDING_READ))
async def list_recordings(
    customer_id: UUID, caller: Caller, session: SessionDep, sale_no: Annotated[SaleNo | None, Query()] = None
) -> RecordingsOut:
    """The customer's latest recordings, of one sale if given."""
    found = await actions.read_all(session, caller=caller, customer_id=customer_id, sale_no=sale_no)
    return RecordingsOut(items=[RecordingOut(**_fields(kept)) for kept in found])


@router.get(_ONE, **operation(scope=Scope.RECORDING_READ, errors={actions.RecordingUnknown: 404, DocumentUnknown: 404}))
async def read_recording(customer_id: UUID, recording_id: UUID, caller: Caller, session: SessionDep) -> RecordingDetail:
    """How one recording stands, with its steps and its script."""
    kept = await actions.read(session, caller=caller, customer_id=customer_id, recording_id=recording_id)
    return await _detail(session, kept)


@router.post(_ONE + "/consent", **operation(scope=Scope.RECORDING_WRITE, errors=_STEP))
async def note_recording_consent(
    customer_id: UUID, recording_id: UUID, body: ConsentIn, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """Whether the customer agrees to be recorded, before anything is; who refuses locks the sale for good."""
    step = actions.step_of(StepKind.AGREED if body.agreed else StepKind.REFUSED, caller, now)
    return await _take(session, caller, customer_id, recording_id, step)


@router.post(_ONE + "/start", **operation(scope=Scope.RECORDING_WRITE, errors=_STEP))
async def start_recording(
    customer_id: UUID, recording_id: UUID, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """The recording runs from now on; offsets count from here."""
    return await _take(session, caller, customer_id, recording_id, actions.step_of(StepKind.STARTED, caller, now))


@router.post(
    _ONE + "/checkpoints",
    **operation(
        scope=Scope.RECORDING_WRITE,
        errors={**_STEP, states.CheckpointOutOfOrder: 409, states.CheckpointNotAffirmed: 409},
    ),
)
async def reach_recording_checkpoint(
    customer_id: UUID, recording_id: UUID, body: CheckpointIn, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """The script's next checkpoint was reached, so many milliseconds into the recording."""
    step = actions.step_of(StepKind.CHECKPOINT, caller, now, codes=(body.code,), offset_ms=body.offset_ms, affirmed=body.affirmed)
    return await _take(session, caller, customer_id, recording_id, step)


@router.post(
    _ONE + "/end",
    **operation(
        scope=Scope.RECORDING_WRITE,
        errors={**_STEP, states.CheckpointsMissing: 409, states.FileUnnamed: 422, states.DurationTooShort: 422},
    ),
)
async def end_recording(
    customer_id: UUID, recording_id: UUID, body: EndIn, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """The recording is over: its file's digest, place and duration. Nothing of it can be edited afterwards."""
    step = actions.step_of(
        StepKind.ENDED,
        caller,
        now,
        sha256=bytes.fromhex(body.sha256),
        storage_ref=body.storage_ref,
        duration_ms=body.duration_ms,
    )
    return await _take(session, caller, customer_id, recording_id, step)


@router.post(_ONE + "/abandonment", **operation(scope=Scope.RECORDING_WRITE, errors={**_STEP, states.ReasonUnknown: 422}))
async def abandon_recording(
    customer_id: UUID, recording_id: UUID, body: AbandonIn, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """The recording broke off, for one of the script's reasons; the sale must be recorded again."""
    step = actions.step_of(StepKind.ABANDONED, caller, now, codes=(body.reason,))
    return await _take(session, caller, customer_id, recording_id, step)


@router.post(
    _ONE + "/quality-check",
    **operation(scope=Scope.RECORDING_CHECK, errors={**_STEP, states.ReasonUnknown: 422, states.CheckerTookPart: 403}),
)
async def check_recording(
    customer_id: UUID, recording_id: UUID, body: QualityIn, caller: Caller, session: SessionDep, now: Now
) -> RecordingDetail:
    """A second person's verdict: passed completes the recording, failed means to record again."""
    kind = StepKind.PASSED if body.passed else StepKind.FAILED
    step = actions.step_of(kind, caller, now, codes=tuple(body.reasons))
    try:
        return await _take(session, caller, customer_id, recording_id, step)
    except states.CheckerTookPart as error:
        raise from_rule(error, 403) from None  # a refusal of the edge, so that the attempt is audited


@router.post(
    _ONE + "/verification",
    **operation(scope=Scope.RECORDING_READ, errors={actions.RecordingUnknown: 404, actions.NothingToVerify: 409}),
)
async def verify_recording(
    customer_id: UUID, recording_id: UUID, body: DigestIn, caller: Caller, session: SessionDep
) -> VerificationOut:
    """Whether a file is the one that was recorded."""
    digest = bytes.fromhex(body.sha256)
    matches = await actions.verify(session, caller=caller, customer_id=customer_id, recording_id=recording_id, sha256=digest)
    return VerificationOut(matches=matches)


async def _take(session: SessionDep, caller: Caller, customer_id: UUID, recording_id: UUID, step: Step) -> RecordingDetail:
    kept = await actions.take_step(session, caller=caller, customer_id=customer_id, recording_id=recording_id, step=step)
    return await _detail(session, kept)


async def _detail(session: SessionDep, kept: Kept) -> RecordingDetail:
    scripts = await actions.scripts_of(session, kept.opened)
    upcoming = next_checkpoint(kept.facts, scripts.script(kept.opened.product_class, version=kept.opened.script_version))
    return RecordingDetail(
        **_fields(kept),
        next=None if upcoming is None or kept.facts.state is not states.RecordingState.RUNNING else upcoming.code,
        steps=[
            StepOut(
                kind=step.kind,
                at=step.at,
                actor=step.actor,
                codes=list(step.codes),
                offset_ms=step.offset_ms,
                affirmed=step.affirmed,
            )
            for step in kept.steps
        ],
        script=[CheckpointOut(**line.model_dump()) for line in scripts.lines(kept.opened.product_class)],
    )


def _fields(kept: Kept) -> dict[str, object]:
    opened, facts = kept.opened, kept.facts
    return {
        "recording_id": opened.recording_id,
        "customer_id": opened.customer_id,
        "sale_no": opened.sale_no,
        "attempt": opened.attempt,
        "product_code": opened.product_code,
        "product_class": opened.product_class,
        "seller": opened.seller,
        "state": facts.state,
        "locks_sale": facts.locks_sale,
        "script_version": opened.script_version,
        "opened_at": opened.opened_at,
        "completed_at": facts.completed_at,
        "reached": list(facts.reached),
        "reasons": list(facts.reasons),
        "sha256": None if facts.sha256 is None else facts.sha256.hex(),
        "storage_ref": facts.storage_ref,
        "duration_ms": facts.duration_ms,
    }
