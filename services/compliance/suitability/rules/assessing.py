"""Risk assessments (H22; Order 7 of 2025 art. 25, 29): score and level, how often, how long, and by whom."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from contracts.values import Fen, RuleBroken, Tolerance
from services.compliance.suitability.rules.policy import AssessmentPolicy

TOPICS = frozenset({"identity", "means", "experience", "goals", "preference"})
"""What must be known (art. 25): who the customer is, income, assets and debts, experience, goals, preference and loss."""


class AnswersIncomplete(RuleBroken):
    """A question without an answer, or an answer that the questionnaire does not have (art. 25)."""

    rule = "assessment-answers-incomplete"
    fix = "Answer every question of GET /v1/questionnaires/current with one of its options, and nothing else."


class QuestionnaireOutdated(RuleBroken):
    """The answers are to another version than the one in force."""

    rule = "questionnaire-outdated"
    fix = "Show the customer the questionnaire in force and send its version."


class AssessedTooOften(RuleBroken):
    """At most two assessments a day and eight in twelve months (art. 29)."""

    rule = "assessed-too-often"
    fix = "Wait: art. 29 allows two a day and eight in twelve months."


@dataclass(frozen=True, slots=True)
class Text:
    """The same in Chinese (simplified) and English."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Option:
    """An answer. `at_most` caps the level; the amounts are what it tells of the customer's means."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    code: str
    points: int
    text: Text
    at_most: Tolerance | None = None
    income_fen: Fen | None = None
    assets_fen: Fen | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its options; `topic` is one of `TOPICS`."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    code: str
    topic: str
    text: Text
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The questions, and the highest score of each level."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    title: Text
    questions: tuple[Asked, ...]
    levels: dict[Tolerance, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What the answers give. The means are the largest that an answer tells."""

    score: int
    level: Tolerance
    income_fen: Fen | None
    assets_fen: Fen | None


def assess(questionnaire: Questionnaire, answers: Mapping[str, str]) -> Result:
    """The result of complete answers, question code to option code. Raises `AnswersIncomplete` naming the place."""
    unknown = set(answers) - {asked.code for asked in questionnaire.questions}
    if unknown:
        raise AnswersIncomplete("there are answers to questions that are not asked", field="body.answers")
    chosen = [_chosen(asked, answers.get(asked.code)) for asked in questionnaire.questions]
    score = sum(option.points for option in chosen)
    caps = [option.at_most for option in chosen if option.at_most is not None]
    incomes = [option.income_fen for option in chosen if option.income_fen is not None]
    assets = [option.assets_fen for option in chosen if option.assets_fen is not None]
    return Result(
        score=score,
        level=min([level_of(questionnaire, score), *caps]),
        income_fen=max(incomes, default=None),
        assets_fen=max(assets, default=None),
    )


def _chosen(asked: Asked, answer: str | None) -> Option:
    for option in asked.options:
        if option.code == answer:
            return option
    raise AnswersIncomplete("the question has no answer, or one that it does not offer", field=f"body.answers.{asked.code}")


def level_of(questionnaire: Questionnaire, score: int) -> Tolerance:
    """The lowest level whose highest score is not passed."""
    return next((level for level in Tolerance if score <= questionnaire.levels[level]), Tolerance.C5)


def check_often(earlier: Sequence[date], *, today: date, policy: AssessmentPolicy) -> None:
    """Refuse one assessment too many; `earlier` are the days of those before. Raises `AssessedTooOften`."""
    if sum(day == today for day in earlier) >= policy.most_per_day:
        raise AssessedTooOften(f"{policy.most_per_day} assessments today already")
    since = months_after(today, -policy.period_months)
    if sum(day > since for day in earlier) >= policy.most_per_period:
        raise AssessedTooOften(f"{policy.most_per_period} assessments in {policy.period_months} months already")


def valid_until(assessed_on: date, policy: AssessmentPolicy) -> date:
    """The first day on which the assessment does not hold any more."""
    return months_after(assessed_on, policy.valid_months)


def reminder_days(until: date, policy: AssessmentPolicy) -> list[tuple[int, date]]:
    """The reminders as days before the end, and the day of each."""
    return [(days, until - timedelta(days=days)) for days in policy.remind_days]


def is_due(*, reminder: int, today: date, until: date, policy: AssessmentPolicy) -> bool:
    """Whether a reminder still says something: a clock that jumped leaves the later ones to say it."""
    left = (until - today).days
    return left > max((days for days in policy.remind_days if days < reminder), default=0)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has none."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def age_on(birth_date: date, day: date) -> int:
    """Full years of age."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
