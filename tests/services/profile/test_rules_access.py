"""Who may act on whom (H19, H20). Every decision names its rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Purpose, Role
from services.profile.rules.access import Asker, Decision, Subject, decide

CUSTOMER = Subject(branch="B1", adviser_no="S1", team=frozenset({"S2"}))


def ask(*roles, purpose=Purpose.SERVICE, subject=CUSTOMER, **known):
    return decide(Asker(roles=frozenset(roles), purpose=purpose, **known), subject)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"roles": [Role.CUSTOMER], "is_this_customer": True}, "own-record"),
        ({"roles": [Role.ADVISER], "staff_no": "S1"}, "adviser-of-customer"),
        ({"roles": [Role.ADVISER], "staff_no": "S2"}, "team-of-customer"),
        ({"roles": [Role.PRODUCT_MANAGER], "staff_no": "S2"}, "team-of-customer"),
        ({"roles": [Role.BRANCH_MANAGER], "branch": "B1"}, "branch-of-customer"),
        ({"roles": [Role.COMPLIANCE], "purpose": Purpose.RISK}, "oversight"),
        ({"roles": [Role.AUDITOR], "purpose": Purpose.AUDIT}, "oversight"),
        ({"roles": [Role.SYSTEM], "purpose": Purpose.OPERATIONS}, "operations"),
        ({"roles": [Role.CUSTOMER, Role.ADVISER], "staff_no": "S1"}, "adviser-of-customer"),
    ],
)
def test_a_role_that_fits_is_allowed_by_its_rule(asked, rule):
    assert ask(*asked.pop("roles"), **asked) == Decision(True, rule)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"roles": [Role.CUSTOMER]}, "not-your-customer"),
        ({"roles": [Role.ADVISER], "staff_no": "S9"}, "not-your-customer"),
        ({"roles": [Role.ADVISER]}, "not-your-customer"),
        ({"roles": [Role.PRODUCT_MANAGER], "staff_no": "S1"}, "not-your-customer"),
        ({"roles": [Role.BRANCH_MANAGER], "branch": "B2"}, "other-branch"),
        ({"roles": [Role.BRANCH_MANAGER]}, "other-branch"),
        ({"roles": [Role.COMPLIANCE], "purpose": Purpose.SALES}, "purpose-is-not-oversight"),
        ({"roles": [Role.OPERATOR], "purpose": Purpose.SERVICE}, "purpose-is-not-operations"),
        ({"roles": []}, "no-role-with-access"),
        ({"roles": list(Role), "subject": None, "purpose": Purpose.AUDIT}, "customer-unknown"),
    ],
)
def test_everything_else_is_refused_by_a_named_rule(asked, rule):
    assert ask(*asked.pop("roles"), **asked) == Decision(False, rule)


def test_a_staff_member_without_a_number_is_never_the_adviser_of_a_customer_without_one():
    assert not ask(Role.ADVISER, subject=Subject(branch="B1")).allowed


@given(st.sets(st.sampled_from(Role)), st.sampled_from(Purpose))
def test_nobody_reaches_a_customer_of_others_except_oversight_and_operations(roles, purpose):
    decision = ask(*roles, purpose=purpose, staff_no="S9", branch="B9")
    assert decision.allowed == (decision.rule in {"oversight", "operations"})
