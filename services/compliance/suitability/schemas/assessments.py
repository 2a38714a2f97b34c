"""Questionnaires and risk assessments."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.values import Tolerance
from services.compliance.suitability.actions.assessing import Change
from services.compliance.suitability.schemas.words import Body, Text

_Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


class OptionOut(BaseModel):
    """One answer that can be chosen."""

    code: str
    text: Text


class QuestionOut(BaseModel):
    """One question; its topic is one of art. 25."""

    code: str
    topic: str
    text: Text
    options: list[OptionOut]


class QuestionnaireOut(BaseModel):
    """The questionnaire in force, as a customer sees it: without points."""

    version: int
    title: Text
    questions: list[QuestionOut]


class AssessmentIn(Body):
    """A customer's answers."""

    questionnaire_version: int = Field(ge=1)
    answers: dict[_Code, _Code] = Field(max_length=60, description="Code of each question to the code of its answer.")


class ConfirmationIn(Body):
    """The customer saw the new result and confirms it again (art. 29)."""

    level: Tolerance = Field(description="The new level, as it was shown.")


class ChangeIn(Body):
    """What of the customer's circumstances changed."""

    change: Change


class AssessmentOut(BaseModel):
    """A risk assessment (风险测评)."""

    id: UUID
    questionnaire_version: int
    score: int
    level: Tolerance
    previous_level: Tolerance | None
    state: Literal["in_force", "to_confirm", "ended", "expired"] = Field(
        description="to_confirm: the result differs from the last one and counts only once the customer confirmed it."
    )
    assessed_on: date
    assessed_at: datetime
    valid_until: date = Field(description="The first day on which it does not hold any more.")
    confirmed_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None
