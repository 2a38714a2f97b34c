"""Insurance has its own articles (Order 7 art. 35 to 39) and one exception."""

import pytest

from contracts.values import ProductClass, RiskLevel
from services.compliance.suitability.rules.insurance import heavy_premium
from services.compliance.suitability.rules.values import Component, EvidenceKind, Initiative, InsuranceNeed
from tests.services.compliance.suitability.builders import POLICY, YUAN, found, insurance, papers, product


def policy_of_insurance(**changes):
    covers = product(RiskLevel.R1, product_class=ProductClass.INSURANCE, covers=(InsuranceNeed.HEALTH,))
    return found(**{"product": covers, "insurance": insurance(), **changes})


def test_insurance_rests_on_a_needs_analysis():
    assert policy_of_insurance() == ("allow", {})
    assert policy_of_insurance(insurance=insurance(analysis_id=None))[1]["needs-analysis"] == "needs"
    assert policy_of_insurance(insurance=insurance(yearly_premium_fen=None))[1]["insurance-details"] == "needs"


def test_unsuitable_insurance_goes_on_only_after_advice_and_on_written_insistence():
    other_need = {"insurance": insurance(needs=(InsuranceNeed.EDUCATION,))}
    assert policy_of_insurance(**other_need)[1] == {
        "insurance-unsuitable": "note",
        "stop-advice": "needs",
        "written-insistence": "needs",
    }
    both = papers(EvidenceKind.STOP_ADVICE, EvidenceKind.WRITTEN_INSISTENCE)
    assert policy_of_insurance(**other_need, papers=both)[0] == "allow"
    assert policy_of_insurance(**other_need, papers=papers(EvidenceKind.WRITTEN_INSISTENCE))[0] == "needs"


def test_insurance_above_the_tolerance_is_the_one_exception_and_not_at_the_banks_initiative():
    risky = product(RiskLevel.R4, product_class=ProductClass.INSURANCE, covers=(InsuranceNeed.HEALTH,))
    both = papers(EvidenceKind.STOP_ADVICE, EvidenceKind.WRITTEN_INSISTENCE)
    assert policy_of_insurance(product=risky, papers=both, initiative=Initiative.CUSTOMER)[0] == "allow"
    assert policy_of_insurance(product=risky, papers=both)[1]["recommended-above-tolerance"] == "deny"
    fund = Component("F2", YUAN, product(RiskLevel.R1, code="F2"))
    assert policy_of_insurance(product=risky, papers=both, portfolio=(fund,))[1]["risk-above-tolerance"] == "deny"


@pytest.mark.parametrize(
    ("changes", "age", "asked"),
    [
        ({"single_premium_fen": 400 * YUAN, "yearly_premium_fen": None, "budget_fen": 400 * YUAN}, 40, False),
        ({"single_premium_fen": 401 * YUAN, "yearly_premium_fen": None, "budget_fen": 401 * YUAN}, 40, True),
        ({"yearly_premium_fen": 20 * YUAN}, 40, False),
        ({"yearly_premium_fen": 20 * YUAN + 1}, 40, True),
        ({"yearly_premium_fen": YUAN, "years_of_payment": 10}, 64, False),
        ({"yearly_premium_fen": YUAN, "years_of_payment": 10}, 65, True),
        ({"yearly_premium_fen": 15 * YUAN - 1, "budget_fen": 10 * YUAN}, 40, False),
        ({"yearly_premium_fen": 15 * YUAN, "budget_fen": 10 * YUAN}, 40, True),
    ],
)
def test_a_declaration_is_asked_for_at_the_four_bounds_of_article_39(changes, age, asked):
    details = insurance(**{"family_income_fen": 100 * YUAN, "budget_fen": 100 * YUAN, **changes})
    assert bool(heavy_premium(details, age, POLICY.insurance)) is asked
    assert ("insurance-declaration" in policy_of_insurance(insurance=details, age=age)[1]) is asked
    signed = papers(EvidenceKind.DECLARATION)
    assert "insurance-declaration" not in policy_of_insurance(insurance=details, age=age, papers=signed)[1]
