"""The use cases of `referral`: give codes, settle referrals, read points."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.events import Event
from contracts.events.referral import CodeIssued, ReferralRefused, ReferralRewarded
from contracts.values import Outcome, RuleBroken
from services.referral.models import Referral, ReferralCode
from services.referral.policy import CampaignDocument
from services.referral.rules.codes import RANDOM_BITS, CodeMalformed, make_code, parse_code
from services.referral.rules.ledger import Transfer, check_transfer, referral_transfer
from services.referral.rules.referrals import AlreadyReferred, Claim, Decision, Refusal, Reward, settle
from services.referral.store import customers, ledger, referrals

SETTLER = "referral:settlement"
"""The actor of what happens by itself when a customer registers."""

_TRIES = 5


class CustomerUnknown(RuleBroken):
    """No registration of this customer has arrived here."""

    rule = "customer-unknown"
    fix = "Use the id of a registered customer; a registration of this very second may need a moment."


class NoActiveCode(RuleBroken):
    """The customer has no active referral code."""

    rule = "no-active-code"
    fix = "Ask for one: POST /v1/customers/{customer_id}/referral-code."


class PolicyChangedInPlace(RuleBroken):
    """A published version of the campaigns was edited."""

    rule = "policy-changed-in-place"
    fix = "Give the changed campaigns a new version number."


class LedgerDisagrees(Exception):
    """The ledger has a transfer for a referral that was never decided: somebody wrote by hand. Nothing is changed."""


async def issue_code(session: Session, *, customer_id: UUID, caller: Capability, now: datetime) -> tuple[ReferralCode, bool]:
    """The customer's active code, and whether it was made now. One active code per customer. Raises `CustomerUnknown`."""
    if await customers.lock_customer(session, customer_id) is None:
        raise CustomerUnknown
    found = await customers.active_code(session, customer_id)
    if found is not None:
        await audit(session, caller=caller, act="referral_code.read", customer_id=customer_id)
        return found, False
    code = await _new_code(session, customer_id=customer_id, now=now)
    await emit(session, CodeIssued(customer_id=customer_id, code=code))
    await audit(session, caller=caller, act="referral_code.issued", customer_id=customer_id)
    return ReferralCode(code=code, customer_id=customer_id, issued_at=now), True


async def _new_code(session: Session, *, customer_id: UUID, now: datetime) -> str:
    for _ in range(_TRIES):
        code = make_code(secrets.randbits(RANDOM_BITS))
        if await customers.add_code(session, code=code, customer_id=customer_id, issued_at=now):
            return code
    raise RuntimeError(f"{_TRIES} random codes were all taken")


async def read_code(session: Session, *, customer_id: UUID, caller: Capability) -> ReferralCode:
    """The customer's active code; the look is audited. Raises `NoActiveCode`."""
    found = await customers.active_code(session, customer_id)
    if found is None:
        raise NoActiveCode
    await audit(session, caller=caller, act="referral_code.read", customer_id=customer_id)
    return found


async def withdraw_code(session: Session, *, customer_id: UUID, caller: Capability, now: datetime) -> None:
    """Take the active code back, for example because it was posted in public. Raises `NoActiveCode`."""
    if not await customers.withdraw_code(session, customer_id=customer_id, now=now):
        raise NoActiveCode
    await audit(session, caller=caller, act="referral_code.withdrawn", customer_id=customer_id)


async def publish_campaigns(session: Session, *, document: CampaignDocument, now: datetime) -> bool:
    """Publish a version of the campaigns once; returns whether it was new. Raises `PolicyChangedInPlace`."""
    if await referrals.add_policy(session, document, now=now):
        await audit(session, caller=SETTLER, act="campaigns.published", details={"version": document.version})
        return True
    if await referrals.policy_digest(session, document.version) != document.digest():
        raise PolicyChangedInPlace(f"version {document.version}")
    return False


async def settle_referrals(session: Session, *, claims: Sequence[Claim], now: datetime) -> list[Decision]:
    """Decide claims in order, post the rewards as one transfer each, and tell what happened (H28).

    The codes are locked first, so that caps are exact. A decision and its transfer stand or fall together, and each new
    customer gets one decision for ever.
    """
    codes = await customers.lock_codes(session, _codes_in(claims))
    decisions = settle(
        claims,
        codes=codes,
        decided=await referrals.decided(session, (claim.referred_id for claim in claims)),
        rewarded=await referrals.rewarded(
            session,
            referrer_ids=(code.referrer_id for code in codes.values()),
            days=(claim.day for claim in claims),
        ),
        policies=await referrals.policies(session),
    )
    return await _carry_out(session, decisions, now=now)


def _codes_in(claims: Iterable[Claim]) -> set[str]:
    found = set()
    for claim in claims:
        try:
            found.add(parse_code(claim.code))
        except CodeMalformed:  # the rules refuse it by name
            continue
    return found


async def _carry_out(session: Session, decisions: Sequence[Decision], *, now: datetime) -> list[Decision]:
    rows = [_row(decision, now=now) for decision in decisions]
    kept = await referrals.add(session, [row for row in rows if row.rule != AlreadyReferred.rule])
    settled = [
        decision if row.referral_id in kept else Refusal(claim=decision.claim, broken=AlreadyReferred)
        for decision, row in zip(decisions, rows, strict=True)
    ]
    transfers = [
        _transfer(row, decision, now=now) for decision, row in zip(settled, rows, strict=True) if isinstance(decision, Reward)
    ]
    if transfers and len(await ledger.post(session, transfers, now=now)) != len(transfers):
        raise LedgerDisagrees
    await emit(session, *(_news(decision, row) for decision, row in zip(settled, rows, strict=True)))
    for decision, row in zip(settled, rows, strict=True):
        await _audit(session, decision, row)
    return settled


def _row(decision: Decision, *, now: datetime) -> Referral:
    claim = decision.claim
    row = Referral(referral_id=new_id(), referred_id=claim.referred_id, day=claim.day, decided_at=now)
    row.referrer_id = decision.referrer_id
    if isinstance(decision, Refusal):
        row.rule = decision.broken.rule
        return row
    row.campaign, row.policy_version = decision.campaign.code, decision.policy_version
    row.points_each, row.transfer_id = decision.campaign.points_each, new_id()
    return row


def _transfer(row: Referral, decision: Reward, *, now: datetime) -> Transfer:
    assert row.transfer_id is not None  # a reward's row has one
    transfer = referral_transfer(
        transfer_id=row.transfer_id,
        referrer_id=decision.referrer_id,
        referred_id=row.referred_id,
        points_each=decision.campaign.points_each,
        occurred_at=now,
    )
    check_transfer(transfer)
    return transfer


def _news(decision: Decision, row: Referral) -> Event:
    if isinstance(decision, Refusal):
        return ReferralRefused(referred_id=decision.claim.referred_id, rule=decision.broken.rule)
    return ReferralRewarded(
        referral_id=row.referral_id,
        referrer_id=decision.referrer_id,
        referred_id=decision.claim.referred_id,
        points_each=decision.campaign.points_each,
        campaign=decision.campaign.code,
    )


async def _audit(session: Session, decision: Decision, row: Referral) -> None:
    referred_id = decision.claim.referred_id
    if isinstance(decision, Refusal):
        await audit(
            session,
            caller=SETTLER,
            act="referral.settled",
            customer_id=referred_id,
            outcome=Outcome.REFUSED,
            rule=decision.broken.rule,
        )
        return
    details: dict[str, int | str] = {"referral_id": str(row.referral_id), "points": decision.campaign.points_each}
    for customer_id in (decision.referrer_id, referred_id):
        await audit(session, caller=SETTLER, act="points.granted", customer_id=customer_id, details=details)
