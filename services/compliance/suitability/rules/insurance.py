"""Rules about insurance: it answers a need, the one exception on written insistence, and the declaration (art. 35 to 39)."""

from contracts.values import ProductClass
from services.compliance.suitability.rules.customer import above_tolerance, beyond_means, has_paper, only_insurance
from services.compliance.suitability.rules.policy import GatePolicy, InsurancePolicy
from services.compliance.suitability.rules.values import Effect, EvidenceKind, Finding, Insurance, Question

_ALL_BP = 10_000


def insurance_fits(question: Question, policy: GatePolicy) -> list[Finding]:
    """It rests on a needs analysis (art. 35); without one that suits, only on insistence (art. 38)."""
    if not _sells_insurance(question):
        return []
    insurance = question.insurance
    if insurance is None or insurance.analysis_id is None:
        return [Finding("needs-analysis", Effect.NEEDS, {})]
    unsuitable = _unsuitable(question, policy, insurance)
    if not unsuitable:
        return []
    found = [Finding("insurance-unsuitable", Effect.NOTE, unsuitable)]
    if not has_paper(question, EvidenceKind.STOP_ADVICE):
        found.append(Finding("stop-advice", Effect.NEEDS, unsuitable))
    if not has_paper(question, EvidenceKind.WRITTEN_INSISTENCE):
        found.append(Finding("written-insistence", Effect.NEEDS, unsuitable))
    return found


def _sells_insurance(question: Question) -> bool:
    return any(product.product_class is ProductClass.INSURANCE for product in question.products)


def _unsuitable(question: Question, policy: GatePolicy, insurance: Insurance) -> dict[str, int | str]:
    """Why the insurance does not suit: risk, means, or a need that it does not answer. Empty where it does."""
    covers = {need for product in question.products for need in product.covers}
    reasons: dict[str, int | str] = {}
    if only_insurance(question):
        reasons.update(above_tolerance(question) or {})
        reasons.update(beyond_means(question, policy) or {})
    if not covers & set(insurance.needs):
        reasons["needs_not_met"] = " ".join(insurance.needs)
    return reasons


def declared(question: Question, policy: GatePolicy) -> list[Finding]:
    """A signed declaration where the premium weighs heavily, or is paid into high age (art. 39)."""
    insurance = question.insurance
    if not _sells_insurance(question) or insurance is None:
        return []
    if insurance.single_premium_fen is None and insurance.yearly_premium_fen is None:
        return [Finding("insurance-details", Effect.NEEDS, {})]
    heavy = heavy_premium(insurance, question.age, policy.insurance)
    if not heavy or has_paper(question, EvidenceKind.DECLARATION):
        return []
    return [Finding("insurance-declaration", Effect.NEEDS, heavy)]


def heavy_premium(insurance: Insurance, age: int | None, policy: InsurancePolicy) -> dict[str, int | str]:
    """Which of the four conditions of art. 39 hold, with their numbers; empty where none does."""
    single, yearly = insurance.single_premium_fen, insurance.yearly_premium_fen
    income, budget = insurance.family_income_fen, insurance.budget_fen
    premium = max(single or 0, yearly or 0)
    heavy: dict[str, int | str] = {}
    if single is not None and income is not None and single * _ALL_BP > income * policy.single_premium_income_bp:
        heavy.update(single_premium_fen=single, family_income_fen=income)
    if yearly is not None and income is not None and yearly * _ALL_BP > income * policy.yearly_premium_income_bp:
        heavy.update(yearly_premium_fen=yearly, family_income_fen=income)
    if age is not None and insurance.years_of_payment + age >= policy.age_and_years:
        heavy.update(age=age, years_of_payment=insurance.years_of_payment)
    if budget is not None and premium * _ALL_BP >= budget * policy.budget_bp:
        heavy.update(premium_fen=premium, budget_fen=budget)
    return heavy
