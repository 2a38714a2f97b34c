"""The use cases of double recordings: open, step by step to complete, verify."""

import hmac
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events.compliance import RecordingCompleted
from contracts.values import ProductClass, RuleBroken
from services.compliance.documents import actions as documents
from services.compliance.recording import store
from services.compliance.recording.documents import RETENTION, SCRIPTS, RetentionDocument, ScriptsDocument
from services.compliance.recording.rules.states import RecordingState, Step, StepKind, after, next_attempt
from services.compliance.recording.store import Kept, Opened
from services.compliance.suitability.store.registers import rating_on


class RecordingUnknown(RuleBroken):
    """The customer has no such recording."""

    rule = "recording-unknown"
    fix = "List the customer's recordings."


class ProductClassOther(RuleBroken):
    """The product is rated under another class, whose script is another one."""

    rule = "recording-product-class-other"
    fix = "Give the class under which the bank rated the product."


class NothingToVerify(RuleBroken):
    """The recording has no file yet, or never got one."""

    rule = "recording-without-file"
    fix = "A recording has its file once it ended."


@dataclass(frozen=True, slots=True)
class Sale:
    """What is recorded. `term_months`: of an insurance contract, None where it is not known."""

    sale_no: str
    product_code: str
    product_class: ProductClass
    term_months: int | None
    seller: str


def who(caller: Capability) -> str:
    """The person who acts, as sellers are named: by staff number where there is one."""
    return caller.staff_no or caller.subject


async def open_recording(
    session: Session, *, caller: Capability, customer_id: UUID, sale: Sale, now: datetime, today: date
) -> Kept:
    """Begin a recording by the script that is in force; the sale is locked until it is complete.

    Raises `NoScript`, `ProductClassOther`, `RecordingRefused`, or `RecordingStateWrong` where the sale has a recording that
    goes on or counts.
    """
    rating = await rating_on(session, sale.product_code, today)
    if rating is not None and rating["product_class"] != sale.product_class:
        raise ProductClassOther("the product is rated under another class", field="body.product_class")
    version, found = await documents.current(session, kind=SCRIPTS, day=today)
    cast("ScriptsDocument", found).lines(sale.product_class)
    retention_version, kept = await documents.current(session, kind=RETENTION, day=today)
    policy = cast("RetentionDocument", kept).policy(retention_version)
    applying = policy.applying(product_class=sale.product_class, product_code=sale.product_code, term_months=sale.term_months)
    await store.lock_sale(session, customer_id, sale.sale_no)
    attempt = next_attempt(await store.recording_of(session, customer_id, sale.sale_no))
    opened = Opened(
        recording_id=new_id(),
        customer_id=customer_id,
        sale_no=sale.sale_no,
        attempt=attempt,
        product_code=sale.product_code,
        product_class=sale.product_class,
        term_months=sale.term_months,
        seller=sale.seller,
        script_version=version,
        keep_years=applying[0].years,
        dispute_years=policy.dispute_years,
        opened_at=now,
        opened_by=who(caller),
    )
    await store.add(session, opened)
    await noted(session, caller, opened, "recording.opened", script=version, attempt=attempt)
    return Kept(opened, (), opened.facts())


async def take_step(session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID, step: Step) -> Kept:
    """Take one step of a recording; the passed check emits `compliance.recording.completed.v1`.

    Raises `RecordingUnknown` and the errors of `rules.states`.
    """
    kept = await find(session, customer_id, recording_id, lock=True)
    script = (await scripts_of(session, kept.opened)).script(kept.opened.product_class, version=kept.opened.script_version)
    facts = after(kept.facts, step, script)
    await store.add_step(session, recording_id, len(kept.steps) + 1, step)
    await noted(session, caller, kept.opened, f"recording.{step.kind}", step=len(kept.steps) + 1, state=facts.state)
    if facts.state is RecordingState.COMPLETE:
        await emit(session, _completed(kept.opened))
    return Kept(kept.opened, (*kept.steps, step), facts)


async def verify(session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID, sha256: bytes) -> bool:
    """Whether a file's digest is the one that was recorded. Raises `RecordingUnknown`, `NothingToVerify`."""
    kept = await find(session, customer_id, recording_id)
    if kept.facts.sha256 is None:
        raise NothingToVerify("the recording has no file")
    matches = hmac.compare_digest(kept.facts.sha256, sha256)
    await noted(session, caller, kept.opened, "recording.verified", matches=int(matches))
    return matches


async def read(session: Session, *, caller: Capability, customer_id: UUID, recording_id: UUID) -> Kept:
    """One recording; the look is audited. Raises `RecordingUnknown`."""
    kept = await find(session, customer_id, recording_id)
    await noted(session, caller, kept.opened, "recording.read")
    return kept


async def read_all(session: Session, *, caller: Capability, customer_id: UUID, sale_no: str | None) -> list[Kept]:
    """The latest recordings of a customer, of one sale if given; the look is audited."""
    found = await store.recordings(session, customer_id, sale_no)
    await audit(session, caller=caller, act="recording.listed", customer_id=customer_id, details={"recordings": len(found)})
    return found


async def find(session: Session, customer_id: UUID, recording_id: UUID, *, lock: bool = False) -> Kept:
    """One recording of a customer. Raises `RecordingUnknown`."""
    kept = await store.find(session, customer_id, recording_id, lock=lock)
    if kept is None:
        raise RecordingUnknown("the customer has no such recording", field="path.recording_id")
    return kept


async def scripts_of(session: Session, opened: Opened) -> ScriptsDocument:
    """The scripts by which a recording was opened."""
    return cast("ScriptsDocument", await documents.typed(session, kind=SCRIPTS, version=opened.script_version))


async def noted(session: Session, caller: Capability, opened: Opened, act: str, **details: int | str) -> None:
    """Audit an act on a recording; details are codes and numbers."""
    told = {"recording": str(opened.recording_id), **details}
    await audit(session, caller=caller, act=act, customer_id=opened.customer_id, details=told)


def step_of(kind: StepKind, caller: Capability, now: datetime, **what: object) -> Step:
    """A step that `caller` takes now."""
    return Step(kind=kind, at=now, actor=who(caller), **what)  # type: ignore[arg-type]  # the fields of Step, handed on


def _completed(opened: Opened) -> RecordingCompleted:
    return RecordingCompleted(
        recording_id=opened.recording_id,
        customer_id=opened.customer_id,
        sale_no=opened.sale_no,
        product_code=opened.product_code,
        attempt=opened.attempt,
        script_version=opened.script_version,
    )
