from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.values import Channel, ProductClass, RiskLevel, Tolerance
from services.compliance.suitability.actions.checking import items_of
from services.compliance.suitability.rules.gate import decide
from services.compliance.suitability.rules.values import (
    RISKS,
    Approach,
    Capacity,
    Component,
    EvidenceKind,
    Initiative,
    Lock,
    Means,
    Outcome,
    Qualification,
    Question,
    Recording,
)
from tests.services.compliance.suitability.builders import (
    DAY,
    NOON,
    POLICY,
    YUAN,
    assessment,
    care,
    found,
    insurance,
    paper,
    papers,
    product,
    question,
    register,
)


def test_a_sale_with_everything_done_is_allowed():
    assert found() == ("allow", {})


@pytest.mark.parametrize(("level", "allowed"), [(RiskLevel.R2, True), (RiskLevel.R3, True), (RiskLevel.R4, False)])
def test_a_product_above_the_customers_tolerance_is_denied(level, allowed):
    outcome, rules = found(product=product(level), initiative=Initiative.CUSTOMER)
    assert (outcome, rules) == (("allow", {}) if allowed else ("deny", {"risk-above-tolerance": "deny"}))


def test_the_bank_may_not_bring_up_what_is_above_the_tolerance():
    assert found(product=product(RiskLevel.R4))[1] == {"risk-above-tolerance": "deny", "recommended-above-tolerance": "deny"}


@pytest.mark.parametrize("levels", [(RiskLevel.R2, RiskLevel.R4), (RiskLevel.R4, RiskLevel.R2)])
def test_where_issuer_and_seller_differ_the_higher_counts_and_is_shown(levels):
    decision = decide(question(product=product(issuer=levels[0], seller=levels[1])), POLICY)
    by_rule = {finding.rule: finding for finding in decision.findings}
    assert by_rule["product-rated-twice"].evidence["counts"] == "R4"
    assert by_rule["risk-above-tolerance"].evidence["product_level"] == "R4"


def test_what_is_sold_together_counts_as_a_whole():
    risky = Component("F2", 1_000 * YUAN, product(RiskLevel.R5, code="F2"))
    assert "risk-above-tolerance" in found(portfolio=(risky,))[1]
    dear = Component("F2", 400_000 * YUAN, product(code="F2"))
    assert "beyond-means" in found(portfolio=(dear,))[1]
    assert "product-not-rated" in found(portfolio=(Component("F9", YUAN, None),))[1]


def test_an_amount_above_assets_and_above_twice_the_income_is_denied():
    assert found(amount_fen=400_000 * YUAN)[0] == "allow"
    assert found(amount_fen=400_000 * YUAN + 1) == ("deny", {"beyond-means": "deny"})
    assert found(means=Means()) == ("needs", {"means-unknown": "needs"})


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"assessment": None}, "risk-assessment"),
        ({"assessment": assessment(valid_until=DAY)}, "risk-assessment"),
        ({"assessment": assessment(confirmed=False)}, "assessment-confirmation"),
        ({"assessment": assessment(ended_reason="income")}, "assessment-ended"),
        ({"product": None}, "product-not-rated"),
        ({"product": product(None)}, "product-not-rated"),
        ({"age": None}, "customer-unknown"),
        ({"qualifications": ()}, "seller-qualification"),
        ({"qualifications": (Qualification(ProductClass.WEALTH, register()),)}, "seller-qualification"),
        ({"qualifications": (Qualification(ProductClass.FUND, register(valid_until=date(2026, 3, 1))),)}, "seller-qualification"),
        ({"seller_no": None, "qualifications": ()}, "seller-qualification"),
        ({"recording": None}, "recording"),
        ({"recording": Recording(uuid4(), "F1", "ended", complete=False)}, "recording"),
        ({"recording": Recording(uuid4(), "F2", "complete", complete=True)}, "recording"),
        ({"papers": papers()[1:]}, "notices"),
        ({"papers": tuple(replace(one, product_version=2) for one in papers())}, "notices"),
        ({"papers": tuple(replace(one, at=NOON + timedelta(seconds=1)) for one in papers())}, "notices"),
    ],
)
def test_what_is_missing_is_named(changed, rule):
    outcome, rules = found(**changed)
    assert (outcome, rules[rule]) == ("needs", "needs")


def test_an_assessment_holds_until_the_day_before_it_ends():
    assert found(assessment=assessment(valid_until=DAY + timedelta(days=1)))[0] == "allow"


def test_a_sale_in_the_customers_app_needs_neither_seller_nor_double_recording():
    assert found(channel=Channel.APP, seller_no=None, qualifications=(), recording=None) == ("allow", {})


@pytest.mark.parametrize("product_class", [ProductClass.DEMAND, ProductClass.TERM, ProductClass.MORTGAGE])
def test_deposits_and_loans_are_outside_the_gate(product_class):
    deposit = product(None, product_class=product_class)
    assert found(product=deposit, assessment=None, age=None, papers=()) == ("allow", {"outside-gate": "note"})


def test_a_deposit_takes_no_fund_past_the_gate():
    deposit = product(None, product_class=ProductClass.DEMAND)
    fund = Component("F2", YUAN, product(RiskLevel.R5, code="F2"))
    assert found(product=deposit, portfolio=(fund,))[0] == "deny"


@pytest.mark.parametrize(
    ("age", "capacity", "level", "expected"),
    [
        (7, None, RiskLevel.R1, {"no-legal-capacity": "deny"}),
        (8, None, RiskLevel.R1, {"representative-consent": "needs"}),
        (17, None, RiskLevel.R2, {"limited-capacity": "deny"}),
        (18, None, RiskLevel.R2, {}),
        (40, Capacity.LIMITED, RiskLevel.R1, {"representative-consent": "needs"}),
        (40, Capacity.NONE, RiskLevel.R1, {"no-legal-capacity": "deny"}),
        (16, Capacity.FULL, RiskLevel.R2, {}),
        (5, Capacity.FULL, RiskLevel.R1, {"no-legal-capacity": "deny"}),
        (None, Capacity.NONE, RiskLevel.R1, {"no-legal-capacity": "deny"}),
    ],
)
def test_legal_capacity_decides_what_may_be_sold(age, capacity, level, expected):
    assert found(age=age, capacity=capacity, product=product(level))[1] == expected


def test_limited_capacity_buys_low_risk_with_the_representatives_consent():
    consented = papers(EvidenceKind.REPRESENTATIVE_CONSENT)
    assert found(age=12, product=product(RiskLevel.R1), papers=consented) == ("allow", {})
    elsewhere = (*papers(), paper(EvidenceKind.REPRESENTATIVE_CONSENT, product_code="F2"))
    assert found(age=12, product=product(RiskLevel.R1), papers=elsewhere)[0] == "needs"


def test_private_products_are_for_qualified_investors_and_never_for_segments():
    private = {"product": product(product_class=ProductClass.PRIVATE_FUND, private=True)}
    assert found(**private) == ("needs", {"qualified-investor": "needs"})
    assert found(**private, investor=register()) == ("allow", {})
    assert found(**private, investor=register(valid_until=DAY - timedelta(days=1)))[0] == "needs"
    assert found(**private, investor=register(), approach=Approach.SEGMENT) == ("deny", {"private-to-segment": "deny"})


def high_risk(**changes):
    return found(
        **{"product": product(RiskLevel.R4), "assessment": assessment(Tolerance.C5), "age": 65, **changes},
    )


def test_older_customers_are_prompted_before_they_buy_high_risk():
    assert high_risk() == ("needs", {"older-prompt": "needs"})
    assert high_risk(age=64) == ("allow", {})
    assert high_risk(product=product(RiskLevel.R3)) == ("allow", {})
    assert high_risk(care=care()) == ("allow", {})
    assert high_risk(care=care("older-read-back", "cooling-off"))[1] == {"older-read-back": "needs", "cooling-off": "needs"}


def test_care_for_another_product_or_a_lower_level_is_none():
    assert high_risk(care=care(product_code="F2"))[1] == {"older-prompt": "needs"}
    assert high_risk(care=care(level=RiskLevel.R4), product=product(RiskLevel.R5))[1] == {"older-prompt": "needs"}
    assert high_risk(care=care(level=RiskLevel.R5)) == ("allow", {})


def test_a_sale_that_the_customer_withdrew_from_is_denied():
    assert high_risk(care=care(withdrawn=True))[1]["sale-withdrawn"] == "deny"


def test_the_lock_holds_back_high_risk_only():
    lock = Lock(uuid4(), "high_risk_streak", NOON - timedelta(days=1))
    assert high_risk(age=40, lock=lock) == ("needs", {"reassessment-offer": "needs"})
    assert found(lock=lock) == ("allow", {})


def test_every_item_has_its_clause_its_version_and_how_to_satisfy_it():
    decision = decide(question(assessment=None, recording=None, papers=()), POLICY)
    items = items_of(decision, POLICY, 7)
    assert {item["rule"] for item in items} == {"risk-assessment", "recording", "notices"}
    assert all(item["clause"] and item["zh"] and item["en"] and item["fix"] for item in items)
    assert {item["rule_version"] for item in items} == {7}


levels = st.sampled_from(RISKS)
sales = st.builds(
    question,
    product=st.builds(
        product,
        levels,
        product_class=st.sampled_from([ProductClass.FUND, ProductClass.WEALTH, ProductClass.INSURANCE]),
        private=st.booleans(),
    ),
    amount_fen=st.integers(1, 10**8),
    initiative=st.sampled_from(Initiative),
    approach=st.sampled_from(Approach),
    age=st.none() | st.integers(0, 100),
    capacity=st.none() | st.sampled_from(Capacity),
    assessment=st.none() | st.builds(assessment, st.sampled_from(Tolerance), confirmed=st.booleans()),
    care=st.none() | st.builds(care, level=levels),
    investor=st.none() | st.just(register()),
    insurance=st.none() | st.just(insurance()),
    lock=st.none() | st.just(Lock(uuid4(), "high_risk_streak", NOON)),
    papers=st.sampled_from([(), papers(), papers(*EvidenceKind)]),
    recording=st.none() | st.just(Recording(uuid4(), "F1", "complete", complete=True)),
)
SEVERITY = [Outcome.ALLOW, Outcome.NEEDS, Outcome.DENY]


@settings(max_examples=150, deadline=None)
@given(sales, levels)
def test_raising_the_products_risk_never_makes_the_answer_milder(sale, level):
    raised = replace(sale.product, seller=max(level, sale.product.level))
    before = decide(sale, POLICY).outcome
    after = decide(replace(sale, product=raised), POLICY).outcome
    assert SEVERITY.index(after) >= SEVERITY.index(before)


@settings(max_examples=150, deadline=None)
@given(sales)
def test_nothing_is_allowed_without_what_invariant_12_asks(sale):
    if decide(sale, POLICY).outcome is not Outcome.ALLOW:
        return
    assert sale.assessment is not None
    assert sale.assessment.confirmed
    assert sale.assessment.valid_until > sale.day
    assert sale.recording is not None
    fits = RISKS.index(sale.level) <= list(Tolerance).index(sale.assessment.level)
    assert fits or sale.product.product_class is ProductClass.INSURANCE
    older = sale.age >= POLICY.older.from_age and sale.level in POLICY.high_risk
    assert not older or sale.care is not None


@settings(max_examples=60, deadline=None)
@given(sales)
def test_a_question_kept_as_json_gets_the_same_answer(sale):
    adapter = TypeAdapter(Question)
    again = adapter.validate_python(adapter.dump_python(sale, mode="json"))
    assert again == sale
    assert decide(again, POLICY) == decide(sale, POLICY)
