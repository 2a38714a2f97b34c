"""Whose customers a caller may ask about, where the route's path names none."""

from uuid import UUID

from chassis.auth import Capability
from chassis.database import Session
from chassis.http import forbidden
from contracts.values import Reach, Role
from services.compliance.suitability.store import customers


async def ensure_within_reach(session: Session, caller: Capability, customer_id: UUID) -> None:
    """Refuse a customer who is not the caller's. Raises `Refusal` 403, which is audited at the edge."""
    if caller.customer is not None or caller.reach is Reach.ONE:
        theirs = caller.customer == customer_id
    elif caller.reach is Reach.ALL:
        theirs = True
    else:
        theirs = await _belongs(session, caller, customer_id)
    if not theirs:
        raise forbidden("customer-not-yours", fix="Ask about a customer who is yours.")


async def _belongs(session: Session, caller: Capability, customer_id: UUID) -> bool:
    row = await customers.belonging(session, customer_id)
    if row is None:
        return False
    if caller.reach is Reach.OWN:
        return caller.staff_no is not None and row["adviser_no"] == caller.staff_no
    return caller.branch is not None and row["branch"] == caller.branch


def ensure_customer(caller: Capability, customer_id: UUID) -> None:
    """Refuse everybody but the customer in person (art. 13). Raises `Refusal` 403, which is audited at the edge."""
    if Role.CUSTOMER not in caller.roles or caller.customer != customer_id:
        raise forbidden("assessment-by-another", fix="The customer fills it in and confirms it, in their own session.")
