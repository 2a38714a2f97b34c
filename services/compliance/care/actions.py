"""The use cases of the care for older customers: prompt, acknowledge, read back, confirm, wait, withdraw."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import cancel, schedule
from contracts.events.compliance import CoolingOffEnded, PromptAcknowledged
from contracts.events.compliance import SaleWithdrawn as SaleWithdrawnEvent
from contracts.values import RiskLevel, Role, RuleBroken
from services.compliance.care import store
from services.compliance.care.documents import OLDER_CARE, CareDocument
from services.compliance.care.rules.broken import CareStateWrong, NotByTheCustomer
from services.compliance.care.rules.steps import after, check_words, cooling_off_from
from services.compliance.care.rules.values import AcknowledgementWay, CarePolicy, CareStep, CareStepKind, SaleChannel
from services.compliance.care.store import CareKept, CareOpened, SealedWords
from services.compliance.documents import actions as documents
from services.compliance.recording import actions as recordings

COOLING_OFF = "care.cooling_off"
"""The kind of timer; its key is the care's id."""

_SALT_BYTES = 16


class CareUnknown(RuleBroken):
    """No prompt was shown for this sale."""

    rule = "older-care-unknown"
    fix = "Show the prompt first: POST to the care of the sale."


class LevelNeedsNoCare(RuleBroken):
    """The document in force asks no care for this risk level."""

    rule = "older-care-not-needed"
    fix = "See the levels of the document older_care; sell on without it."


@dataclass(frozen=True, slots=True)
class CareSale:
    """The sale that the care is for."""

    sale_no: str
    product_code: str
    risk_level: RiskLevel
    channel: SaleChannel
    seller: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How the customer answered the prompt. `recording_id`: where staff note an answer that was recorded."""

    way: AcknowledgementWay
    words: str | None = None
    recording_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Cared:
    """How the care stands, and the document by which it goes."""

    kept: CareKept
    document: CareDocument

    @property
    def policy(self) -> CarePolicy:
        """The rules' view of the document."""
        return self.document.policy(self.kept.opened.document_version)


async def prompt(
    session: Session, *, caller: Capability, customer_id: UUID, sale: CareSale, large_type: bool, now: datetime, today: date
) -> Cared:
    """Show the prompt and note when; it may be shown again until it is acknowledged, always by the version it began with.

    Raises `LevelNeedsNoCare`, and `CareStateWrong` where it was acknowledged or the sale is told otherwise than before.
    """
    kept = await store.find(session, customer_id, sale.sale_no, lock=True)
    if kept is None:
        version, document = await documents.current(session, kind=OLDER_CARE, day=today)
        if sale.risk_level not in cast("CareDocument", document).levels:
            raise LevelNeedsNoCare("the document in force asks no care for this level", field="body.risk_level")
        opened = _opened(sale, customer_id=customer_id, version=version, now=now)
        if not await store.add(session, opened):
            raise CareStateWrong("the prompt is being shown by another request")
        kept = CareKept(opened, 0, opened.facts())
    elif (kept.opened.product_code, kept.opened.risk_level) != (sale.product_code, sale.risk_level):
        raise CareStateWrong("the sale was prompted for another product or risk level", field="body.product_code")
    step = _step(CareStepKind.PROMPTED, caller, now)
    return await _take(session, caller=caller, kept=kept, step=step, large_type=large_type)


async def acknowledge(
    session: Session, *, caller: Capability, customer_id: UUID, sale_no: str, answer: Answer, now: datetime
) -> Cared:
    """Note the customer's answer; the cooling-off begins, and with it the timer that ends it.

    Emits `compliance.prompt.acknowledged.v1`. Raises `CareUnknown` and the errors of `rules`.
    """
    kept = await _find(session, customer_id, sale_no)
    policy = await _policy(session, kept)
    check_words(answer.words, answer.way, policy)
    if not _by_customer(caller):
        await _check_recorded(session, kept.opened, answer.recording_id)
    until = cooling_off_from(now, kept.facts, policy)
    step = _step(
        CareStepKind.ACKNOWLEDGED, caller, now, way=answer.way, recording_id=answer.recording_id, cooling_off_until=until
    )
    cared = await _take(session, caller=caller, kept=kept, step=step, words=_sealed(answer.words))
    await schedule(session, kind=COOLING_OFF, key=str(kept.opened.care_id), due_at=until)
    await emit(session, _acknowledged(kept.opened, answer, until))
    return cared


async def staff_step(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    sale_no: str,
    kind: CareStepKind,
    now: datetime,
    contact_ref: UUID | None = None,
) -> Cared:
    """Note that staff read back, spoke with the trusted contact, or confirmed as second person.

    Raises `CareUnknown` and the errors of `rules`.
    """
    kept = await _find(session, customer_id, sale_no)
    return await _take(session, caller=caller, kept=kept, step=_step(kind, caller, now, contact_ref=contact_ref))


async def withdraw(session: Session, *, caller: Capability, customer_id: UUID, sale_no: str, now: datetime) -> Cared:
    """Take the sale back before its cooling-off is over. Emits `compliance.sale.withdrawn.v1`.

    Raises `CareUnknown`, `CoolingOffOver`, `SaleWithdrawn`.
    """
    kept = await _find(session, customer_id, sale_no)
    cared = await _take(session, caller=caller, kept=kept, step=_step(CareStepKind.WITHDRAWN, caller, now))
    await cancel(session, kind=COOLING_OFF, key=str(kept.opened.care_id))
    opened = kept.opened
    await emit(
        session,
        SaleWithdrawnEvent(care_id=opened.care_id, customer_id=customer_id, sale_no=sale_no, product_code=opened.product_code),
    )
    return cared


async def read(session: Session, *, caller: Capability, customer_id: UUID, sale_no: str) -> Cared:
    """How the care stands; the look is audited. Raises `CareUnknown`."""
    kept = await _find(session, customer_id, sale_no, lock=False)
    await _noted(session, caller, kept.opened, "care.read")
    return Cared(kept, await _document(session, kept))


async def end_cooling_off(session: Session, *, care_id: UUID) -> None:
    """The hours are over: tell it. A sale that was withdrawn meanwhile has no timer any more."""
    kept = await store.find_by_id(session, care_id)
    if kept is None or kept.facts.withdrawn_at is not None:
        return
    opened = kept.opened
    await audit(
        session,
        caller="timer:cooling-off",
        act="care.cooling_off_ended",
        customer_id=opened.customer_id,
        details={"care": str(care_id)},
    )
    await emit(session, CoolingOffEnded(care_id=care_id, customer_id=opened.customer_id, sale_no=opened.sale_no))


async def _find(session: Session, customer_id: UUID, sale_no: str, *, lock: bool = True) -> CareKept:
    kept = await store.find(session, customer_id, sale_no, lock=lock)
    if kept is None:
        raise CareUnknown("no prompt was shown for this sale", field="path.sale_no")
    return kept


async def _document(session: Session, kept: CareKept) -> CareDocument:
    version = kept.opened.document_version
    return cast("CareDocument", await documents.typed(session, kind=OLDER_CARE, version=version))


async def _policy(session: Session, kept: CareKept) -> CarePolicy:
    return (await _document(session, kept)).policy(kept.opened.document_version)


async def _take(
    session: Session,
    *,
    caller: Capability,
    kept: CareKept,
    step: CareStep,
    large_type: bool = False,
    words: SealedWords | None = None,
) -> Cared:
    document = await _document(session, kept)
    facts = after(kept.facts, step, document.policy(kept.opened.document_version))
    await store.add_step(session, kept.opened.care_id, kept.steps + 1, step, large_type=large_type, words=words)
    await _noted(session, caller, kept.opened, f"care.{step.kind}")
    return Cared(CareKept(kept.opened, kept.steps + 1, facts), document)


async def _check_recorded(session: Session, opened: CareOpened, recording_id: UUID | None) -> None:
    """Staff may note an answer only if it can be seen and heard in a recording of this sale."""
    if recording_id is None:
        raise NotByTheCustomer("staff acknowledged without a recording of the customer saying it", field="body.recording_id")
    try:
        kept = await recordings.find(session, opened.customer_id, recording_id)
    except recordings.RecordingUnknown:
        raise NotByTheCustomer("the customer has no such recording", field="body.recording_id") from None
    understanding = (await recordings.scripts_of(session, kept.opened)).understanding
    if kept.opened.sale_no != opened.sale_no or understanding not in kept.facts.affirmed:
        raise NotByTheCustomer("the recording does not hold the customer's answer for this sale", field="body.recording_id")


def _by_customer(caller: Capability) -> bool:
    return set(caller.roles) == {Role.CUSTOMER}  # somebody with a role of staff beside it acts as staff


def _step(
    kind: CareStepKind,
    caller: Capability,
    now: datetime,
    *,
    way: AcknowledgementWay | None = None,
    recording_id: UUID | None = None,
    contact_ref: UUID | None = None,
    cooling_off_until: datetime | None = None,
) -> CareStep:
    return CareStep(
        kind=kind,
        at=now,
        actor=recordings.who(caller),
        by_customer=_by_customer(caller),
        way=way,
        recording_id=recording_id,
        contact_ref=contact_ref,
        cooling_off_until=cooling_off_until,
    )


def _opened(sale: CareSale, *, customer_id: UUID, version: int, now: datetime) -> CareOpened:
    return CareOpened(
        care_id=new_id(),
        customer_id=customer_id,
        sale_no=sale.sale_no,
        product_code=sale.product_code,
        risk_level=sale.risk_level,
        channel=sale.channel,
        seller=sale.seller,
        document_version=version,
        opened_at=now,
    )


def _sealed(words: str | None) -> SealedWords | None:
    if words is None:
        return None
    salt = secrets.token_bytes(_SALT_BYTES)
    return SealedWords(len(words), salt, hashlib.sha256(salt + words.encode()).digest())


def _acknowledged(opened: CareOpened, answer: Answer, until: datetime) -> PromptAcknowledged:
    return PromptAcknowledged(
        care_id=opened.care_id,
        customer_id=opened.customer_id,
        sale_no=opened.sale_no,
        product_code=opened.product_code,
        risk_level=opened.risk_level,
        own_words=answer.way is AcknowledgementWay.OWN_WORDS,
        document_version=opened.document_version,
        cooling_off_until=until,
    )


async def _noted(session: Session, caller: Capability, opened: CareOpened, act: str) -> None:
    details: dict[str, int | str] = {"care": str(opened.care_id), "document": opened.document_version}
    await audit(session, caller=caller, act=act, customer_id=opened.customer_id, details=details)
