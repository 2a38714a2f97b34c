"""Finding the policy that decides."""

from datetime import date

from chassis.database import Session
from contracts.values import RuleBroken
from services.tiering import policy_store
from services.tiering.book import BOOK, Policy, decode


class PolicyUnknown(RuleBroken):
    """There is no policy of this version."""

    rule = "policy-unknown"
    fix = "Use a version that GET /v1/policies/tiering lists."


class NoPolicyInForce(RuleBroken):
    """No published policy is in force for the currency of the measures."""

    rule = "no-policy-in-force"
    fix = "Publish a tier policy for this currency."


class NoDecision(RuleBroken):
    """Nothing was decided about this customer, or not yet at that moment."""

    rule = "no-decision"
    fix = "Wait until measures of this customer were computed, or ask for a later moment."


async def in_force(session: Session, *, currency: str, today: date) -> Policy:
    """The policy that decides about measures in `currency` on a day. Raises `NoPolicyInForce`."""
    row = await policy_store.in_force(session, currency=currency, today=today)
    if row is None:
        raise NoPolicyInForce(f"no tier policy is in force for {currency}", field="currency")
    return BOOK.add(version=row["version"], mark=row["digest"], document=decode(row["document"]))


async def policy_of(session: Session, *, version: int, mark: str | None = None) -> Policy:
    """A version, compiled; from memory where its digest `mark` is known. Raises `PolicyUnknown`."""
    known = None if mark is None else BOOK.find(version, mark)
    if known is not None:
        return known
    row = await policy_store.document_of(session, version)
    if row is None:
        raise PolicyUnknown(f"there is no policy {version}")
    return BOOK.add(version=version, mark=row["digest"], document=decode(row["document"]))
