"""The reading use cases of `referral`: points, referrals, campaigns, totals. Reads of a customer's data are audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from services.referral.models import Entry, Referral, Transfer
from services.referral.policy import CampaignPart
from services.referral.rules.campaigns import campaign_on
from services.referral.store import ledger, referrals
from services.referral.store.referrals import Tally


@dataclass(frozen=True, slots=True)
class Points:
    """A customer's points and a page of the entries that made them, newest first, one more where there are more."""

    balance: int
    entries: Sequence[tuple[Entry, Transfer]]


@dataclass(frozen=True, slots=True)
class Totals:
    """The ledger and the referrals in numbers."""

    outstanding: int
    accounts: int
    transfers: int
    tallies: Sequence[Tally]


async def read_points(session: Session, *, customer_id: UUID, before: int | None, limit: int, caller: Capability) -> Points:
    """A customer's balance and entries; a customer without an account has 0 points and no entry."""
    balance = await ledger.balance(session, customer_id)
    entries = await ledger.entries(session, customer_id, before=before, limit=limit + 1)
    await audit(session, caller=caller, act="points.read", customer_id=customer_id)
    return Points(balance, entries)


async def read_referrals(
    session: Session, *, customer_id: UUID, before: UUID | None, limit: int, caller: Capability
) -> Sequence[Referral]:
    """Referrals that named a code of the customer, newest first, one more where there are more."""
    found = await referrals.of_referrer(session, customer_id, before=before, limit=limit + 1)
    await audit(session, caller=caller, act="referrals.read", customer_id=customer_id)
    return found


async def running_campaign(session: Session, *, today: date) -> CampaignPart | None:
    """The campaign that rewards a registration of today, as it was published (H30: shown and explained)."""
    documents = await referrals.documents(session)
    running = campaign_on(today, (document.policy() for document in documents))
    if running is None:
        return None
    campaign, version = running
    published = next(document for document in documents if document.version == version)
    return next(part for part in published.campaigns if part.code == campaign.code)


async def total(session: Session) -> Totals:
    """Points outstanding, and how referrals ended (H30: measured)."""
    outstanding, accounts, transfers = await ledger.totals(session)
    return Totals(outstanding, accounts, transfers, await referrals.tallies(session))
