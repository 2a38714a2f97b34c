"""Risk assessments: filled in and confirmed by the customer in person, ended by a reported change, remembered before they end."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import cast
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import schedule_many
from contracts.events.compliance import AssessmentCompleted, AssessmentEnded, AssessmentExpiring
from contracts.values import RuleBroken, Tolerance
from services.compliance.documents import actions as documents
from services.compliance.suitability.actions.reach import ensure_customer
from services.compliance.suitability.models import RiskAssessment
from services.compliance.suitability.policy import GATE, QUESTIONNAIRE
from services.compliance.suitability.rules.assessing import (
    Questionnaire,
    QuestionnaireOutdated,
    assess,
    check_often,
    is_due,
    months_after,
    reminder_days,
    valid_until,
)
from services.compliance.suitability.rules.policy import AssessmentPolicy, GatePolicy
from services.compliance.suitability.store import assessments as store

REMINDER = "assessment.reminder"
_REMINDED_AT = time(9, tzinfo=SHANGHAI)


class AssessmentUnknown(RuleBroken):
    """The customer has no such assessment."""

    rule = "assessment-unknown"
    fix = "List the customer's assessments with GET /v1/customers/{customer_id}/risk-assessments."


class AssessmentSuperseded(RuleBroken):
    """A newer assessment was made, or this one counts or has ended already."""

    rule = "assessment-superseded"
    fix = "Confirm the latest assessment, or let the customer fill in a new one."


class ResultNotShown(RuleBroken):
    """What the customer confirms is not the result (art. 29)."""

    rule = "assessment-result-not-shown"
    fix = "Show the customer the new level and send that level as confirmed."


class Change(StrEnum):
    """What of a customer's circumstances changed."""

    INCOME = "income"
    ASSETS = "assets"
    DEBTS = "debts"
    OCCUPATION = "occupation"
    FAMILY = "family"
    HEALTH = "health"
    GOALS = "goals"
    TOLERANCE = "tolerance"


async def fill(
    session: Session,
    *,
    caller: Capability,
    customer_id: UUID,
    version: int,
    answers: Mapping[str, str],
    now: datetime,
    today: date,
) -> RiskAssessment:
    """Score the customer's answers. The result counts at once, unless it differs from the last one.

    Raises `Refusal` 403 for anybody but the customer, `QuestionnaireOutdated`, `AnswersIncomplete`, `AssessedTooOften`.
    """
    ensure_customer(caller, customer_id)
    current, document = await documents.current(session, kind=QUESTIONNAIRE, day=today)
    if version != current:
        raise QuestionnaireOutdated(f"version {current} is in force", field="body.questionnaire_version")
    result = assess(cast("Questionnaire", document), answers)
    policy = await _policy(session, today)
    await store.lock_customer(session, customer_id)
    since = months_after(today, -policy.period_months)
    check_often(await store.days_since(session, customer_id, since), today=today, policy=policy)
    last = await store.last_confirmed(session, customer_id)
    made = RiskAssessment(
        id=new_id(),
        customer_id=customer_id,
        questionnaire_version=version,
        answers=dict(answers),
        score=result.score,
        level=result.level.value,
        previous_level=None if last is None else last["level"],
        income_fen=result.income_fen,
        assets_fen=result.assets_fen,
        filled_by=caller.subject,
        assessed_on=today,
        assessed_at=now,
        valid_until=valid_until(today, policy),
    )
    await store.put(session, made)
    await _noted(session, caller, "assessment.filled", made)
    if last is None or last["level"] == made.level:
        await _complete(session, made, number=1 if last is None else last["number"] + 1, policy=policy, now=now)
    return made


async def confirm(
    session: Session, *, caller: Capability, customer_id: UUID, assessment_id: UUID, level: Tolerance, now: datetime, today: date
) -> RiskAssessment:
    """Let a result that differs from the last one count, after the customer saw it and confirmed it again (art. 29).

    Raises `Refusal` 403 for anybody but the customer, `AssessmentUnknown`, `AssessmentSuperseded`, `ResultNotShown`.
    """
    ensure_customer(caller, customer_id)
    await store.lock_customer(session, customer_id)
    made = await _latest(session, customer_id, assessment_id)
    if made.confirmed_at is not None or today >= made.valid_until:
        raise AssessmentSuperseded("it counts already, or is past its time")
    if level.value != made.level:
        raise ResultNotShown("another level than the result", field="body.level")
    last = await store.last_confirmed(session, customer_id)
    await _noted(session, caller, "assessment.confirmed", made)
    number = 1 if last is None else last["number"] + 1
    await _complete(session, made, number=number, policy=await _policy(session, today), now=now)
    return made


async def report_change(
    session: Session, *, caller: Capability, customer_id: UUID, change: Change, now: datetime
) -> RiskAssessment:
    """End the customer's latest assessment, because they reported a change (art. 29).

    Raises `AssessmentUnknown`, `AssessmentSuperseded`.
    """
    await store.lock_customer(session, customer_id)
    made = await store.latest(session, customer_id)
    if made is None:
        raise AssessmentUnknown("the customer was never assessed")
    if made.ended_at is not None:
        raise AssessmentSuperseded("it has ended already")
    made.ended_at, made.ended_reason = now, change.value
    await store.put(session, made)
    await emit(session, AssessmentEnded(assessment_id=made.id, customer_id=customer_id, reason=change.value))
    await _noted(session, caller, "assessment.ended", made)
    return made


async def remind(session: Session, *, assessment_id: UUID, days: int, today: date) -> bool:
    """Tell that an assessment ends soon, where it still counts and no later reminder says it better (H22)."""
    made = await store.get(session, assessment_id)
    if made is None or made.ended_at is not None:
        return False
    last = await store.last_confirmed(session, made.customer_id)
    policy = await _policy(session, today)
    if (
        last is None
        or last["number"] != made.number
        or not is_due(reminder=days, today=today, until=made.valid_until, policy=policy)
    ):
        return False
    left = (made.valid_until - today).days
    await emit(
        session,
        AssessmentExpiring(assessment_id=made.id, customer_id=made.customer_id, days_left=left, valid_until=made.valid_until),
    )
    return True


async def _latest(session: Session, customer_id: UUID, assessment_id: UUID) -> RiskAssessment:
    made = await store.get(session, assessment_id)
    if made is None or made.customer_id != customer_id:
        raise AssessmentUnknown("the customer has no such assessment", field="path.assessment_id")
    newest = await store.latest(session, customer_id)
    if newest is None or newest.id != assessment_id or made.ended_at is not None:
        raise AssessmentSuperseded("there is a newer one, or it has ended")
    return made


async def _complete(session: Session, made: RiskAssessment, *, number: int, policy: AssessmentPolicy, now: datetime) -> None:
    made.confirmed_at, made.number = now, number
    await store.put(session, made)
    reminders: list[tuple[str, datetime, Mapping[str, object]]] = [
        (f"{made.id}:{days}", datetime.combine(day, _REMINDED_AT), {"assessment_id": str(made.id), "days": days})
        for days, day in reminder_days(made.valid_until, policy)
        if day > made.assessed_on
    ]
    await schedule_many(session, kind=REMINDER, timers=reminders)
    await emit(
        session,
        AssessmentCompleted(
            customer_id=made.customer_id,
            version=number,
            assessment_id=made.id,
            level=Tolerance(made.level),
            previous=None if made.previous_level is None else Tolerance(made.previous_level),
            assessed_on=made.assessed_on,
            valid_until=made.valid_until,
            questionnaire_version=made.questionnaire_version,
        ),
    )


async def _policy(session: Session, day: date) -> AssessmentPolicy:
    _, policy = await documents.current(session, kind=GATE, day=day)
    return cast("GatePolicy", policy).assessment


async def _noted(session: Session, caller: Capability, act: str, made: RiskAssessment) -> None:
    details: dict[str, int | str] = {"assessment": str(made.id), "questionnaire": made.questionnaire_version}
    await audit(session, caller=caller, act=act, customer_id=made.customer_id, details=details)
