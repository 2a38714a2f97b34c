"""HTTP to action: the care for customers of 65 and more with high-risk products (H24)."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from chassis.http import Caller, Now, SessionDep, Today, operation
from chassis.problems import from_rule
from contracts.values import RuleBroken, Scope
from services.compliance.care import actions
from services.compliance.care.actions import Answer, Cared, CareSale
from services.compliance.care.rules import broken
from services.compliance.care.rules.steps import lacking
from services.compliance.care.rules.values import CareStepKind
from services.compliance.care.schemas import (
    AcknowledgementIn,
    CareOut,
    PromptIn,
    PromptOut,
    PromptShown,
    SalePath,
    TrustedContactIn,
)
from services.compliance.documents.kinds import DocumentUnknown

router = APIRouter(tags=["older customers"])

_CARE = "/v1/customers/{customer_id}/sales/{sale_no}/care"
_STEP: dict[type[RuleBroken], int] = {
    actions.CareUnknown: 404,
    DocumentUnknown: 404,
    broken.CareStateWrong: 409,
    broken.SaleWithdrawn: 409,
    broken.CareStepOutOfTime: 409,
}
_STAFF: dict[type[RuleBroken], int] = {**_STEP, broken.StepByCustomer: 403}


@router.get(_CARE, **operation(scope=Scope.CARE_READ, errors={actions.CareUnknown: 404, DocumentUnknown: 404}))
async def read_care(customer_id: UUID, sale_no: SalePath, caller: Caller, session: SessionDep, now: Now) -> CareOut:
    """How the care for a sale stands, and what it still lacks."""
    cared = await actions.read(session, caller=caller, customer_id=customer_id, sale_no=sale_no)
    return CareOut(**_fields(cared, now))


@router.post(
    _CARE,
    status_code=201,
    **operation(scope=Scope.CARE_WRITE, errors={**_STEP, actions.LevelNeedsNoCare: 422, broken.OnlineWithoutCustomer: 422}),
)
async def show_risk_prompt(
    customer_id: UUID, sale_no: SalePath, body: PromptIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> PromptOut:
    """Show the extra risk prompt and note when: the answer is what the customer reads."""
    sale = CareSale(sale_no, body.product_code, body.risk_level, body.channel, body.seller)
    cared = await actions.prompt(
        session, caller=caller, customer_id=customer_id, sale=sale, large_type=body.large_type, now=now, today=today
    )
    document = cared.document
    shown = PromptShown(
        clause=document.clause,
        text=document.prompt,
        large_type=document.large_type,
        question=document.question,
        button=document.button,
        reading_seconds=document.reading_seconds,
    )
    return PromptOut(**_fields(cared, now), prompt=shown)


@router.post(
    _CARE + "/acknowledgement",
    **operation(
        scope=Scope.CARE_WRITE,
        errors={
            **_STEP,
            broken.NotByTheCustomer: 403,
            broken.PromptReadTooFast: 409,
            broken.WordsMissing: 422,
            broken.UnderstandingNotShown: 409,
        },
    ),
)
async def acknowledge_risk_prompt(
    customer_id: UUID, sale_no: SalePath, body: AcknowledgementIn, caller: Caller, session: SessionDep, now: Now
) -> CareOut:
    """The customer's own answer, by click or in own words; the cooling-off begins."""
    answer = Answer(body.way, body.words, body.recording_id)
    try:
        cared = await actions.acknowledge(
            session, caller=caller, customer_id=customer_id, sale_no=sale_no, answer=answer, now=now
        )
    except broken.NotByTheCustomer as error:
        raise from_rule(error, 403) from None  # a refusal of the edge, so that the attempt is audited
    return CareOut(**_fields(cared, now))


@router.post(_CARE + "/read-back", **operation(scope=Scope.CARE_WRITE, errors=_STAFF))
async def read_risk_prompt_back(customer_id: UUID, sale_no: SalePath, caller: Caller, session: SessionDep, now: Now) -> CareOut:
    """Staff read the risk back to the customer, in the branch or in a call back (回访)."""
    return await _staff(session, caller, customer_id, sale_no, CareStepKind.READ_BACK, now)


@router.post(_CARE + "/trusted-contact", **operation(scope=Scope.CARE_WRITE, errors=_STAFF))
async def note_trusted_contact(
    customer_id: UUID, sale_no: SalePath, body: TrustedContactIn, caller: Caller, session: SessionDep, now: Now
) -> CareOut:
    """Staff spoke with the person whom the customer trusts."""
    kind = CareStepKind.TRUSTED_CONTACT
    return await _staff(session, caller, customer_id, sale_no, kind, now, contact_ref=body.contact_ref)


@router.post(_CARE + "/second-person", **operation(scope=Scope.CARE_WRITE, errors={**_STAFF, broken.SecondPersonTookPart: 403}))
async def confirm_as_second_person(
    customer_id: UUID, sale_no: SalePath, caller: Caller, session: SessionDep, now: Now
) -> CareOut:
    """Somebody who took no part in the sale confirms that the customer understands."""
    return await _staff(session, caller, customer_id, sale_no, CareStepKind.SECOND_PERSON, now)


@router.post(_CARE + "/withdrawal", **operation(scope=Scope.CARE_WRITE, errors={**_STEP, broken.CoolingOffOver: 409}))
async def withdraw_from_sale(customer_id: UUID, sale_no: SalePath, caller: Caller, session: SessionDep, now: Now) -> CareOut:
    """The customer withdraws before the cooling-off is over; the sale is then over for good."""
    cared = await actions.withdraw(session, caller=caller, customer_id=customer_id, sale_no=sale_no, now=now)
    return CareOut(**_fields(cared, now))


async def _staff(
    session: SessionDep,
    caller: Caller,
    customer_id: UUID,
    sale_no: str,
    kind: CareStepKind,
    now: datetime,
    contact_ref: UUID | None = None,
) -> CareOut:
    try:
        cared = await actions.staff_step(
            session, caller=caller, customer_id=customer_id, sale_no=sale_no, kind=kind, now=now, contact_ref=contact_ref
        )
    except (broken.StepByCustomer, broken.SecondPersonTookPart) as error:
        raise from_rule(error, 403) from None  # a refusal of the edge, so that the attempt is audited
    return CareOut(**_fields(cared, now))


def _fields(cared: Cared, now: datetime) -> dict[str, object]:
    facts = cared.kept.facts
    return {
        "care_id": facts.care_id,
        "customer_id": facts.customer_id,
        "sale_no": facts.sale_no,
        "product_code": facts.product_code,
        "risk_level": facts.risk_level,
        "channel": facts.channel,
        "document_version": facts.prompt_version,
        "prompted_at": facts.prompted_at,
        "acknowledged_at": facts.acknowledged_at,
        "own_words": facts.acknowledged_by_words,
        "read_back_at": facts.read_back_at,
        "trusted_contact_at": facts.trusted_contact_at,
        "second_person_at": facts.second_person_at,
        "cooling_off_until": facts.cooling_off_until,
        "withdrawn_at": facts.withdrawn_at,
        "lacking": lacking(facts, cared.policy, now=now),
    }
