"""Who may act on which customer (H20, H19). Pure: facts in, decision with its rule out; any role that allows, allows."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.values import Purpose, Role

OVERSIGHT = frozenset({Purpose.RISK, Purpose.AUDIT})


@dataclass(frozen=True)
class Asker:
    """Who asks: roles, and what the identity provider knows of the person."""

    roles: frozenset[Role]
    purpose: Purpose
    staff_no: str | None = None
    branch: str | None = None
    is_this_customer: bool = False


@dataclass(frozen=True)
class Subject:
    """What is known of the customer: branch, adviser, and the staff of teams that serve the customer right now."""

    branch: str
    adviser_no: str | None = None
    team: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """Allowed or not, and the rule that decided."""

    allowed: bool
    rule: str


UNKNOWN_CUSTOMER = Decision(False, "customer-unknown")
NO_ROLE = Decision(False, "no-role-with-access")


def decide(asker: Asker, subject: Subject | None) -> Decision:
    """The first role that allows, else the first refusal by the order of the roles' names."""
    if subject is None:
        return UNKNOWN_CUSTOMER
    decisions = [_by_role(role, asker, subject) for role in sorted(asker.roles)]
    return next((decision for decision in decisions if decision.allowed), _first(decisions))


def _first(decisions: Iterable[Decision]) -> Decision:
    return next(iter(decisions), NO_ROLE)


def _by_role(role: Role, asker: Asker, subject: Subject) -> Decision:
    match role:
        case Role.CUSTOMER:
            return _either(asker.is_this_customer, "own-record", "not-your-customer")
        case Role.ADVISER:
            if asker.staff_no is not None and asker.staff_no == subject.adviser_no:
                return Decision(True, "adviser-of-customer")
            return _in_team(asker, subject)
        case Role.PRODUCT_MANAGER:
            return _in_team(asker, subject)
        case Role.BRANCH_MANAGER:
            return _either(asker.branch is not None and asker.branch == subject.branch, "branch-of-customer", "other-branch")
        case Role.COMPLIANCE | Role.AUDITOR:
            return _either(asker.purpose in OVERSIGHT, "oversight", "purpose-is-not-oversight")
        case Role.OPERATOR | Role.SYSTEM:
            return _either(asker.purpose is Purpose.OPERATIONS, "operations", "purpose-is-not-operations")


def _in_team(asker: Asker, subject: Subject) -> Decision:
    return _either(asker.staff_no is not None and asker.staff_no in subject.team, "team-of-customer", "not-your-customer")


def _either(allowed: bool, granted: str, refused: str) -> Decision:
    return Decision(True, granted) if allowed else Decision(False, refused)
