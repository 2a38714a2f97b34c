"""Rules about the customer: lock, capacity, assessment, risk, means, age."""

from contracts.values import ProductClass
from services.compliance.suitability.rules.policy import GatePolicy
from services.compliance.suitability.rules.values import (
    RISKS,
    TOLERANCES,
    Capacity,
    Care,
    Effect,
    EvidenceKind,
    Finding,
    Initiative,
    Product,
    Question,
)

_ALL_BP = 10_000


def unlocked(question: Question, policy: GatePolicy) -> list[Finding]:
    """After three high-risk purchases nothing more of high risk before the re-assessment was offered (H26)."""
    lock = question.lock
    if lock is None or question.level not in policy.high_risk:
        return []
    evidence: dict[str, int | str] = {"lock": str(lock.id), "cause": lock.cause, "since": lock.since.isoformat()}
    return [Finding("reassessment-offer", Effect.NEEDS, evidence)]


def capable(question: Question, policy: GatePolicy) -> list[Finding]:
    """Nothing without legal capacity; with limited capacity low risk only, and the representative's consent (art. 19)."""
    capacity = capacity_of(question, policy)
    if capacity is None:
        return [Finding("customer-unknown", Effect.NEEDS, {})]
    evidence: dict[str, int | str] = {"capacity": capacity.value, "age": question.age if question.age is not None else "unknown"}
    if capacity is Capacity.NONE:
        return [Finding("no-legal-capacity", Effect.DENY, evidence)]
    if capacity is Capacity.FULL:
        return []
    highest, level = policy.capacity.limited_highest, question.level
    if level is not None and level > highest:
        return [Finding("limited-capacity", Effect.DENY, {**evidence, "level": level.value, "highest": highest.value})]
    return (
        []
        if has_paper(question, EvidenceKind.REPRESENTATIVE_CONSENT)
        else [Finding("representative-consent", Effect.NEEDS, evidence)]
    )


def capacity_of(question: Question, policy: GatePolicy) -> Capacity | None:
    """The capacity on record, and no more than the age gives; None where neither is known."""
    if question.age is None:
        return question.capacity if question.capacity is Capacity.NONE else None
    if question.age < policy.capacity.limited_from_age or question.capacity is Capacity.NONE:
        return Capacity.NONE
    if question.capacity is not None:
        return question.capacity
    return Capacity.FULL if question.age >= policy.capacity.full_from_age else Capacity.LIMITED


def assessed(question: Question, policy: GatePolicy) -> list[Finding]:
    """An assessment made before the sale, in date, confirmed where it changed, not ended by a reported change (art. 13, 29)."""
    latest = question.assessment
    if latest is None:
        return [Finding("risk-assessment", Effect.NEEDS, {})]
    evidence: dict[str, int | str] = {
        "assessment": str(latest.id),
        "assessed_on": latest.assessed_on.isoformat(),
        "valid_until": latest.valid_until.isoformat(),
    }
    if latest.ended_reason is not None:
        return [Finding("assessment-ended", Effect.NEEDS, {**evidence, "reason": latest.ended_reason})]
    if question.day >= latest.valid_until:
        return [Finding("risk-assessment", Effect.NEEDS, evidence)]
    return [] if latest.confirmed else [Finding("assessment-confirmation", Effect.NEEDS, evidence)]


def above_tolerance(question: Question) -> dict[str, int | str] | None:
    """The levels where the risk of the whole is above the customer's tolerance (art. 12); None where it fits."""
    latest, level = question.assessment, question.level
    if latest is None or level is None or RISKS.index(level) <= TOLERANCES.index(latest.level):
        return None
    return {"assessment": str(latest.id), "customer_level": latest.level.value, "product_level": level.value}


def risk_fits(question: Question, policy: GatePolicy) -> list[Finding]:
    """Nothing above the customer's tolerance (art. 12), and no recommendation of it by the bank (art. 13).

    The one exception is insurance (art. 38), which has rules of its own.
    """
    above = above_tolerance(question)
    if above is None:
        return []
    found = []
    if question.initiative is Initiative.BANK:
        found.append(Finding("recommended-above-tolerance", Effect.DENY, above))
    if not only_insurance(question):
        found.append(Finding("risk-above-tolerance", Effect.DENY, above))
    return found


def only_insurance(question: Question) -> bool:
    """Whether nothing but insurance is sold."""
    return question.product_classes == frozenset({ProductClass.INSURANCE})


def beyond_means(question: Question, policy: GatePolicy) -> dict[str, int | str] | None:
    """The amounts where the whole is plainly out of proportion to assets and income (art. 12); None where it is not."""
    means, amount = question.means, question.total_fen
    limits = [
        known * share // _ALL_BP
        for known, share in (
            (means.assets_fen, policy.means.assets_share_bp),
            (means.income_fen, policy.means.income_share_bp),
        )
        if known is not None
    ]
    if not limits or amount <= max(limits):
        return None
    evidence: dict[str, int | str] = {"amount_fen": amount, "limit_fen": max(limits)}
    if means.assets_fen is not None:
        evidence["assets_fen"] = means.assets_fen
    if means.income_fen is not None:
        evidence["income_fen"] = means.income_fen
    return evidence


def means_fit(question: Question, policy: GatePolicy) -> list[Finding]:
    """The amount stands in proportion to what the customer has and earns (art. 12); that must be known (art. 25)."""
    if question.means.assets_fen is None and question.means.income_fen is None:
        return [Finding("means-unknown", Effect.NEEDS, {"amount_fen": question.total_fen})]
    beyond = beyond_means(question, policy)
    return [] if beyond is None or only_insurance(question) else [Finding("beyond-means", Effect.DENY, beyond)]


def older_cared_for(question: Question, policy: GatePolicy) -> list[Finding]:
    """Customers of 65 and more with high-risk products: prompt, acknowledgement, time to think (H24; art. 18)."""
    care, level = question.care, question.level
    if care is not None and care.withdrawn:
        return [Finding("sale-withdrawn", Effect.DENY, {"care": str(care.id)})]
    if question.age is None or question.age < policy.older.from_age or level is None or level not in policy.high_risk:
        return []
    evidence: dict[str, int | str] = {"age": question.age, "from_age": policy.older.from_age, "level": level.value}
    if care is None or care.product_code != question.product_code or RISKS.index(care.level) < RISKS.index(level):
        return [Finding("older-prompt", Effect.NEEDS, evidence)]  # care for another product or a lower level is none
    return [Finding(code, Effect.NEEDS, {**evidence, **_stand(care)}) for code in care.lacking]


def _stand(care: Care) -> dict[str, int | str]:
    stand: dict[str, int | str] = {"care": str(care.id)}
    if care.cooling_off_until is not None:
        stand["cooling_off_until"] = care.cooling_off_until.isoformat()
    return stand


def has_paper(question: Question, kind: EvidenceKind, product: Product | None = None) -> bool:
    """Whether the step left its paper before the sale, for the product (the one asked about unless given) as it is rated now."""
    product = product or question.product
    return product is not None and any(
        paper.kind is kind
        and (paper.product_code, paper.product_version) == (product.code, product.version)
        and paper.at <= question.moment
        for paper in question.papers
    )
