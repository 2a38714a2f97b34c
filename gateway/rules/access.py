"""Who may do what: role times scope, before any customer is looked at.

The matrix is data (`policies/access.yaml`); this module only reads it. Whether somebody may act on one certain
customer is decided by `profile`, which knows whose customer it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.values import Purpose, Reach, Role, RuleBroken, Scope

WIDTH = {Reach.ONE: 0, Reach.OWN: 1, Reach.BRANCH: 2, Reach.ALL: 3}
"""Reaches from narrow to wide."""


class ScopeNotGranted(RuleBroken):
    """None of the caller's roles holds the scope of the operation."""

    rule = "scope-not-granted"
    fix = "Ask for a role that holds the scope named in `scope`."


class PurposeNotAllowed(RuleBroken):
    """The caller's roles hold the scope, but not for the purpose that the request states."""

    rule = "purpose-not-allowed"
    fix = "Leave out X-Purpose, or state a purpose that your role may act for."


class NotYourCustomer(RuleBroken):
    """The caller may not act on this customer; the answer is the same whether the customer exists or not."""

    rule = "not-your-customer"
    fix = "Act on a customer in your care, or ask the customer's adviser or branch."


class OneCustomerOnly(RuleBroken):
    """A caller whose roles reach one customer changes nothing that names no customer."""

    rule = "one-customer-only"
    fix = "Use an operation below /v1/customers/{customer_id}."


@dataclass(frozen=True, slots=True)
class RolePolicy:
    """What one role may do: scopes with their reach, the purposes it may state, and its sections of an overview."""

    role: Role
    default_purpose: Purpose
    purposes: frozenset[Purpose]
    scopes: Mapping[Scope, Reach]
    overview: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The published access matrix."""

    version: int
    roles: Mapping[Role, RolePolicy]


@dataclass(frozen=True, slots=True)
class Grant:
    """The roles that open the door, for which purpose, and how far the widest of them reaches."""

    roles: tuple[Role, ...]
    purpose: Purpose
    reach: Reach


def decide(policy: AccessPolicy, *, roles: Iterable[Role], scope: Scope, purpose: str | None = None) -> Grant:
    """The widest grant of `scope` among `roles` for the stated purpose (each role's default when none is stated).

    Raises `ScopeNotGranted` or `PurposeNotAllowed`. Ties go to the role that comes first in the policy.
    """
    held = set(roles)
    holding = [entry for role, entry in policy.roles.items() if role in held and scope in entry.scopes]
    if not holding:
        raise ScopeNotGranted(f"no role of the caller holds {scope.value}")
    fitting = [entry for entry in holding if purpose is None or purpose in entry.purposes]
    if not fitting:
        raise PurposeNotAllowed(f"{scope.value} is not granted for the stated purpose", field="header.x-purpose")
    widest = max(fitting, key=lambda entry: WIDTH[entry.scopes[scope]])
    chosen = Purpose(purpose or widest.default_purpose)
    opening = tuple(entry.role for entry in fitting if chosen in entry.purposes)
    return Grant(roles=opening, purpose=chosen, reach=widest.scopes[scope])


def may_leave_customer_out(grant: Grant, *, reading: bool) -> None:
    """Whether an operation that names no customer is open to the grant. Raises `OneCustomerOnly`."""
    if grant.reach is Reach.ONE and not reading:
        raise OneCustomerOnly("the operation names no customer")


def scopes_of(policy: AccessPolicy, roles: Iterable[Role]) -> dict[Scope, Reach]:
    """Everything that `roles` may do, each scope with its widest reach."""
    widest: dict[Scope, Reach] = {}
    held = set(roles)
    for role, entry in policy.roles.items():
        if role not in held:
            continue
        for scope, reach in entry.scopes.items():
            if scope not in widest or WIDTH[reach] > WIDTH[widest[scope]]:
                widest[scope] = reach
    return widest
