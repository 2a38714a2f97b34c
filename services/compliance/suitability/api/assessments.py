"""HTTP to action: the questionnaire, and risk assessments."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, Today, operation
from chassis.pagination import Page, paged
from contracts.values import CursorForeign, Scope
from services.compliance.documents import actions as documents
from services.compliance.suitability.actions import assessing
from services.compliance.suitability.api.places import place_key, place_of
from services.compliance.suitability.policy import QUESTIONNAIRE
from services.compliance.suitability.rules.assessing import (
    AnswersIncomplete,
    Asked,
    AssessedTooOften,
    Questionnaire,
    QuestionnaireOutdated,
    Text,
)
from services.compliance.suitability.schemas import words
from services.compliance.suitability.schemas.assessments import (
    AssessmentIn,
    AssessmentOut,
    ChangeIn,
    ConfirmationIn,
    OptionOut,
    QuestionnaireOut,
    QuestionOut,
)
from services.compliance.suitability.store import assessments as store

router = APIRouter(tags=["suitability"])

_SUPERSEDED = {assessing.AssessmentUnknown: 404, assessing.AssessmentSuperseded: 409}


@router.get("/v1/questionnaires/current", **operation(scope=Scope.ASSESSMENT_READ))
async def read_questionnaire(session: SessionDep, today: Today) -> QuestionnaireOut:
    """The questionnaire in force, as a customer sees it."""
    version, document = await documents.current(session, kind=QUESTIONNAIRE, day=today)
    found = cast("Questionnaire", document)
    return QuestionnaireOut(version=version, title=_text(found.title), questions=[_question(one) for one in found.questions])


@router.post(
    "/v1/customers/{customer_id}/risk-assessments",
    status_code=201,
    **operation(scope=Scope.ASSESSMENT_FILL, errors={QuestionnaireOutdated: 409, AnswersIncomplete: 422, AssessedTooOften: 429}),
)
async def fill_risk_assessment(
    customer_id: UUID, body: AssessmentIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> AssessmentOut:
    """The customer's own answers become score and level. A level that differs from the last one is to be confirmed."""
    made = await assessing.fill(
        session,
        caller=caller,
        customer_id=customer_id,
        version=body.questionnaire_version,
        answers=body.answers,
        now=now,
        today=today,
    )
    return _out(made.model_dump(), today)


@router.post(
    "/v1/customers/{customer_id}/risk-assessments/{assessment_id}/confirmation",
    **operation(scope=Scope.ASSESSMENT_FILL, errors={**_SUPERSEDED, assessing.ResultNotShown: 422}),
)
async def confirm_risk_assessment(
    customer_id: UUID,
    assessment_id: UUID,
    body: ConfirmationIn,
    caller: Caller,
    session: SessionDep,
    now: Now,
    today: Today,
) -> AssessmentOut:
    """The customer confirms a result that differs from the last one (art. 29); it counts from now on."""
    made = await assessing.confirm(
        session,
        caller=caller,
        customer_id=customer_id,
        assessment_id=assessment_id,
        level=body.level,
        now=now,
        today=today,
    )
    return _out(made.model_dump(), today)


@router.post(
    "/v1/customers/{customer_id}/circumstance-changes",
    **operation(scope=Scope.SUITABILITY_RECORD, errors={**_SUPERSEDED}),
)
async def report_changed_circumstances(
    customer_id: UUID, body: ChangeIn, caller: Caller, session: SessionDep, now: Now, today: Today
) -> AssessmentOut:
    """The customer reported a change: their assessment ends now (art. 29)."""
    made = await assessing.report_change(session, caller=caller, customer_id=customer_id, change=body.change, now=now)
    return _out(made.model_dump(), today)


@router.get("/v1/customers/{customer_id}/risk-assessments", **operation(scope=Scope.ASSESSMENT_READ, errors={CursorForeign: 422}))
async def list_risk_assessments(
    customer_id: UUID, page: PageDep, caller: Caller, session: SessionDep, today: Today
) -> Page[AssessmentOut]:
    """A customer's risk assessments without their answers, latest first."""
    rows = await store.of_customer(session, customer_id, before=place_of(page.after), limit=page.limit + 1)
    await audit(session, caller=caller, act="assessment.read", customer_id=customer_id, details={"assessments": len(rows)})
    return paged(
        rows, limit=page.limit, item=lambda row: _out(dict(row), today), key=lambda row: place_key(row["assessed_at"], row["id"])
    )


def _out(row: Mapping[str, Any], today: date) -> AssessmentOut:  # Any: the columns of a row
    fields = {name: row[name] for name in AssessmentOut.model_fields if name != "state"}
    return AssessmentOut(**fields, state=_state(row, today))


def _state(row: Mapping[str, Any], today: date) -> str:  # Any: the columns of a row
    if row["ended_at"] is not None:
        return "ended"
    if today >= row["valid_until"]:
        return "expired"
    return "to_confirm" if row["confirmed_at"] is None else "in_force"


def _text(text: Text) -> words.Text:
    return words.Text(zh=text.zh, en=text.en)


def _question(asked: Asked) -> QuestionOut:
    options = [OptionOut(code=option.code, text=_text(option.text)) for option in asked.options]
    return QuestionOut(code=asked.code, topic=asked.topic, text=_text(asked.text), options=options)
