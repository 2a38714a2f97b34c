"""Test data of the gate: a sale that passes unless something is changed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.values import Channel, ProductClass, RiskLevel, Tolerance
from services.compliance.documents.kinds import KINDS
from services.compliance.suitability.policy import parse_gate, parse_questionnaire
from services.compliance.suitability.rules.gate import decide
from services.compliance.suitability.rules.values import (
    NOTICES,
    Approach,
    Assessment,
    Care,
    EvidenceKind,
    Initiative,
    Insurance,
    InsuranceNeed,
    Means,
    Paper,
    Product,
    Qualification,
    Question,
    Recording,
    Register,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
YUAN = 100

POLICY = parse_gate(KINDS.shipped("gate"))
QUESTIONNAIRE = parse_questionnaire(KINDS.shipped("questionnaire"))


def product(level: RiskLevel | None = RiskLevel.R3, **changes: Any) -> Product:
    """A fund."""
    given: dict[str, Any] = {
        "code": "F1",
        "version": 1,
        "product_class": ProductClass.FUND,
        "issuer": level,
        "seller": level,
    }
    return Product(**{**given, **changes})


def assessment(level: Tolerance = Tolerance.C3, **changes: Any) -> Assessment:
    """An assessment of last month."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "level": level,
        "assessed_on": date(2026, 2, 2),
        "valid_until": date(2027, 2, 2),
        "confirmed": True,
    }
    return Assessment(**{**given, **changes})


def register(**changes: Any) -> Register:
    """An entry of this year."""
    given: dict[str, Any] = {"id": uuid4(), "valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
    return Register(**{**given, **changes})


def paper(kind: EvidenceKind, **changes: Any) -> Paper:
    """A paper of an hour before the sale."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "kind": kind,
        "product_code": "F1",
        "product_version": 1,
        "at": NOON - timedelta(hours=1),
    }
    return Paper(**{**given, **changes})


def papers(*kinds: EvidenceKind) -> tuple[Paper, ...]:
    """All notices, and papers of `kinds`."""
    return tuple(paper(kind) for kind in (*sorted(NOTICES), *kinds))


def care(*lacking: str, level: RiskLevel = RiskLevel.R4, **changes: Any) -> Care:
    """Care for an older customer in the sale of F1."""
    return Care(**{"id": uuid4(), "product_code": "F1", "level": level, "lacking": lacking, **changes})


def insurance(**changes: Any) -> Insurance:
    """A small yearly premium for a need that the family has."""
    given: dict[str, Any] = {
        "yearly_premium_fen": 10_000 * YUAN,
        "years_of_payment": 10,
        "analysis_id": uuid4(),
        "needs": (InsuranceNeed.HEALTH,),
        "family_income_fen": 300_000 * YUAN,
        "budget_fen": 20_000 * YUAN,
    }
    return Insurance(**{**given, **changes})


def question(**changes: Any) -> Question:
    """An adviser sells a fund of R3 to a customer of C3 and 40, with everything done."""
    given: dict[str, Any] = {
        "moment": NOON,
        "day": DAY,
        "channel": Channel.BRANCH,
        "initiative": Initiative.BANK,
        "approach": Approach.INDIVIDUAL,
        "amount_fen": 10_000 * YUAN,
        "product": product(),
        "product_code": "F1",
        "seller_no": "A100",
        "sale_no": "S1",
        "age": 40,
        "assessment": assessment(),
        "means": Means(100_000 * YUAN, 200_000 * YUAN),
        "qualifications": tuple(Qualification(one, register()) for one in ProductClass),
        "papers": papers(),
        "recording": Recording(UUID(int=1), "F1", "complete", complete=True),
    }
    return Question(**{**given, **changes})


def found(**changes: Any) -> tuple[str, dict[str, str]]:
    """The outcome of a changed sale, and effect by rule."""
    decision = decide(question(**changes), POLICY)
    return decision.outcome.value, {finding.rule: finding.effect.value for finding in decision.findings}
