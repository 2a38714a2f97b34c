"""The gate (H21, H22, H24, H26; Order 7 of 2025): one function for each rule, and the answer out of what they find."""

from collections.abc import Callable
from typing import TypeAlias

from contracts.values import ProductClass
from services.compliance.suitability.rules.customer import assessed, capable, means_fit, older_cared_for, risk_fits, unlocked
from services.compliance.suitability.rules.insurance import declared, insurance_fits
from services.compliance.suitability.rules.policy import GatePolicy
from services.compliance.suitability.rules.sale import (
    not_to_segments,
    notified,
    qualified_investor,
    qualified_seller,
    rated,
    recorded,
)
from services.compliance.suitability.rules.values import Decision, Effect, Finding, Outcome, Question

LOGIC = 1
"""Counts changes of what the rules do with the same policy, so that a replay can tell why it differs."""

Rule: TypeAlias = Callable[[Question, GatePolicy], list[Finding]]

RULES: tuple[Rule, ...] = (
    rated,
    unlocked,
    capable,
    qualified_seller,
    assessed,
    risk_fits,
    means_fit,
    not_to_segments,
    qualified_investor,
    insurance_fits,
    declared,
    notified,
    recorded,
    older_cared_for,
)

CODES = frozenset(
    {
        "outside-gate",
        "product-not-rated",
        "product-rated-twice",
        "reassessment-offer",
        "customer-unknown",
        "no-legal-capacity",
        "limited-capacity",
        "representative-consent",
        "seller-qualification",
        "risk-assessment",
        "assessment-ended",
        "assessment-confirmation",
        "risk-above-tolerance",
        "recommended-above-tolerance",
        "beyond-means",
        "means-unknown",
        "private-to-segment",
        "qualified-investor",
        "needs-analysis",
        "insurance-details",
        "insurance-unsuitable",
        "stop-advice",
        "written-insistence",
        "insurance-declaration",
        "notices",
        "recording",
        "sale-withdrawn",
        "older-prompt",
        "older-acknowledgement",
        "older-read-back",
        "older-trusted-contact",
        "older-second-person",
        "cooling-off",
    }
)
"""Every code that a rule may give; a policy has words for each of them."""

_ORDER = {Effect.DENY: 0, Effect.NEEDS: 1, Effect.NOTE: 2}


def decide(question: Question, policy: GatePolicy) -> Decision:
    """Whether the sale may go on, and what every rule found."""
    if outside(question.product_classes, policy):
        note = Finding("outside-gate", Effect.NOTE, {"product": question.product_code})
        return Decision(Outcome.ALLOW, (note,))
    found = [finding for rule in RULES for finding in rule(question, policy)]
    effects = {finding.effect for finding in found}
    outcome = Outcome.DENY if Effect.DENY in effects else Outcome.NEEDS if Effect.NEEDS in effects else Outcome.ALLOW
    return Decision(outcome, tuple(sorted(found, key=lambda finding: _ORDER[finding.effect])))


def outside(classes: frozenset[ProductClass] | None, policy: GatePolicy) -> bool:
    """Whether all that is sold is outside the law (art. 3: deposits, and loans, which are no investment)."""
    return classes is not None and classes <= policy.outside
