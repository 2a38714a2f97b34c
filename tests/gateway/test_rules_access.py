"""The access matrix: role times scope times purpose."""

from itertools import product

import pytest
from pydantic import ValidationError

from contracts.values import Purpose, Reach, Role, Scope
from gateway.policy import access_policy, parse_access
from gateway.rules.access import Grant, PurposeNotAllowed, ScopeNotGranted, decide, scopes_of

CUSTOMER_DATA = (
    Scope.PROFILE_READ,
    Scope.PROFILE_SEARCH,
    Scope.TIER_READ,
    Scope.PLAN_READ,
    Scope.REFERRAL_READ,
    Scope.OVERVIEW_READ,
)


@pytest.mark.parametrize(("role", "scope"), list(product(Role, Scope)))
def test_a_role_opens_exactly_the_scopes_that_the_policy_gives_it(role: Role, scope: Scope) -> None:
    entry = access_policy().roles[role]
    if scope in entry.scopes:
        grant = decide(access_policy(), roles=[role], scope=scope)
        assert grant == Grant(roles=(role,), purpose=entry.default_purpose, reach=entry.scopes[scope])
    else:
        with pytest.raises(ScopeNotGranted):
            decide(access_policy(), roles=[role], scope=scope)


def test_every_role_has_an_entry() -> None:
    assert set(access_policy().roles) == set(Role)


def test_nobody_outside_may_ask_for_access_decisions() -> None:
    for role in Role:
        assert Scope.ACCESS_DECIDE not in access_policy().roles[role].scopes


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.SYSTEM])
def test_roles_without_customers_read_no_customer_data(role: Role) -> None:
    assert not set(CUSTOMER_DATA) & set(access_policy().roles[role].scopes)


def test_a_customer_reaches_one_customer_only() -> None:
    assert set(access_policy().roles[Role.CUSTOMER].scopes.values()) == {Reach.ONE}


def test_an_adviser_never_reaches_past_their_own_customers() -> None:
    scopes = access_policy().roles[Role.ADVISER].scopes
    assert {scopes[scope] for scope in CUSTOMER_DATA} == {Reach.OWN}


def test_a_stated_purpose_is_taken_when_the_role_may_act_for_it() -> None:
    grant = decide(access_policy(), roles=[Role.ADVISER], scope=Scope.PROFILE_READ, purpose="sales")
    assert grant.purpose is Purpose.SALES


@pytest.mark.parametrize("purpose", ["audit", "curiosity", ""])
def test_a_purpose_that_the_role_may_not_act_for_is_refused(purpose: str) -> None:
    with pytest.raises(PurposeNotAllowed):
        decide(access_policy(), roles=[Role.ADVISER], scope=Scope.PROFILE_READ, purpose=purpose)


def test_of_several_roles_the_widest_reach_for_the_purpose_wins() -> None:
    roles = [Role.ADVISER, Role.COMPLIANCE]
    assert decide(access_policy(), roles=roles, scope=Scope.PROFILE_READ).reach is Reach.ALL
    for_service = decide(access_policy(), roles=roles, scope=Scope.PROFILE_READ, purpose="service")
    assert for_service.reach is Reach.OWN


def test_without_roles_nothing_opens() -> None:
    assert scopes_of(access_policy(), []) == {}


def test_what_me_shows_is_what_decide_grants() -> None:
    for role in Role:
        for scope, reach in scopes_of(access_policy(), [role]).items():
            assert decide(access_policy(), roles=[role], scope=scope).reach is reach


def test_a_default_purpose_outside_the_purposes_is_refused_when_read() -> None:
    with pytest.raises(ValidationError, match="default_purpose"):
        parse_access("{version: 1, roles: {adviser: {default_purpose: audit, purposes: [sales], scopes: {}}}}")


def test_an_unknown_scope_is_refused_when_read() -> None:
    with pytest.raises(ValidationError):
        parse_access("{version: 1, roles: {adviser: {default_purpose: sales, purposes: [sales], scopes: {moon: all}}}}")
