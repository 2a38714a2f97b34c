"""The gate's two documents, read and checked: a wrong word or a hole is an error at publishing, never a default."""

from typing import cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from chassis.database import Session
from contracts.values import ASSET_CLASSES, ProductClass, Tolerance
from services.compliance.documents import actions as documents
from services.compliance.documents.kinds import KINDS, Document, Kind
from services.compliance.suitability.rules.assessing import TOPICS, Questionnaire
from services.compliance.suitability.rules.gate import CODES
from services.compliance.suitability.rules.policy import GatePolicy
from services.compliance.suitability.rules.values import NOTICES

GATE = "gate"
QUESTIONNAIRE = "questionnaire"

_POLICIES = TypeAdapter(GatePolicy)
_QUESTIONNAIRES = TypeAdapter(Questionnaire)
_DEPOSITS_AND_LOANS = frozenset(ProductClass) - (ASSET_CLASSES - {ProductClass.DEMAND, ProductClass.TERM})
_MOST_MONTHS = 12
_MOST_QUESTIONS = 60


def parse_gate(document: Document) -> GatePolicy:
    """The gate's policy of a document. Raises pydantic's ValidationError naming the place.

    It may be stricter than the law, never laxer: no investment outside the gate (art. 3), at most twelve months' validity,
    two assessments a day and eight in twelve months (art. 29).
    """
    policy = _POLICIES.validate_python(document)
    assessment = policy.assessment
    _refuse_unless(set(policy.rules) == CODES, "rules", "words for each rule, and for nothing else")
    _refuse_unless(policy.outside <= _DEPOSITS_AND_LOANS, "outside", "only deposits and loans are outside (art. 3)")
    _refuse_unless(1 <= assessment.valid_months <= _MOST_MONTHS, "assessment.valid_months", "1 to 12 months (art. 29)")
    _refuse_unless(1 <= assessment.most_per_day <= 2, "assessment.most_per_day", "1 or 2 (art. 29)")
    _refuse_unless(1 <= assessment.most_per_period <= 8, "assessment.most_per_period", "1 to 8 (art. 29)")
    _refuse_unless(assessment.period_months >= _MOST_MONTHS, "assessment.period_months", "12 or more (art. 29)")
    _refuse_unless(all(1 <= days < 360 for days in assessment.remind_days), "assessment.remind_days", "days before the end")
    _refuse_unless(min(policy.means.assets_share_bp, policy.means.income_share_bp) > 0, "means", "shares above 0")
    _refuse_unless(0 < policy.capacity.limited_from_age < policy.capacity.full_from_age, "capacity", "ages in order")
    _refuse_unless(1 <= policy.older.from_age <= 65, "older.from_age", "65 or less (art. 18)")
    for product_class, kinds in policy.notices.items():
        _refuse_unless(set(kinds) <= NOTICES, f"notices.{product_class}", "notices only")
    missing = ASSET_CLASSES - policy.outside - set(policy.notices)
    _refuse_unless(not missing, "notices", "notices for each class that is inside (art. 31)")
    return policy


def parse_questionnaire(document: Document) -> Questionnaire:
    """The questionnaire of a document: every topic of art. 25, five levels (art. 29) that cover every score.

    Raises pydantic's ValidationError naming the place.
    """
    found = _QUESTIONNAIRES.validate_python(document)
    codes = [asked.code for asked in found.questions]
    _refuse_unless(0 < len(codes) <= _MOST_QUESTIONS and len(set(codes)) == len(codes), "questions", "1 to 60, each code once")
    topics = {asked.topic for asked in found.questions}
    _refuse_unless(topics == TOPICS, "questions", f"a question for each topic of art. 25: {', '.join(sorted(TOPICS))}")
    for asked in found.questions:
        offered = [option.code for option in asked.options]
        place = f"questions.{asked.code}.options"
        _refuse_unless(len(offered) >= 2 and len(set(offered)) == len(offered), place, "2 or more, each code once")
    ends = [found.levels.get(level) for level in Tolerance]
    rising = [end for end in ends if end is not None]
    _refuse_unless(len(rising) == len(Tolerance) and sorted(set(rising)) == rising, "levels", "five, rising (art. 29)")
    lowest = sum(min(option.points for option in asked.options) for asked in found.questions)
    highest = sum(max(option.points for option in asked.options) for asked in found.questions)
    _refuse_unless(lowest <= rising[0] and rising[-2] < highest <= rising[-1], "levels", "each level can be reached by a score")
    options = [option for asked in found.questions for option in asked.options]
    _refuse_unless(any(option.income_fen is not None for option in options), "questions", "one that tells the income (art. 25)")
    _refuse_unless(any(option.assets_fen is not None for option in options), "questions", "one that tells the assets (art. 25)")
    return found


async def gate_policy(session: Session, *, version: int) -> GatePolicy:
    """The gate's policy of one version. Raises `DocumentUnknown`."""
    return cast("GatePolicy", await documents.typed(session, kind=GATE, version=version))


def _refuse_unless(holds: bool, place: str, rule: str) -> None:
    if holds:
        return
    error = PydanticCustomError("policy", "must be: {rule}", {"rule": rule})
    details = InitErrorDetails(type=error, loc=tuple(place.split(".")), input=None)
    raise ValidationError.from_exception_data("document", [details])


KINDS.declare(GATE, Kind(parse=parse_gate, shipped="suitability/gate.yaml"))
KINDS.declare(QUESTIONNAIRE, Kind(parse=parse_questionnaire, shipped="suitability/questionnaire.yaml"))
