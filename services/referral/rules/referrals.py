"""Who gets points for a registration with a code (H28): every rule has a name, and one decision holds for ever."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from contracts.values import RuleBroken
from services.referral.rules.campaigns import Campaign, Policy, campaign_on
from services.referral.rules.codes import CodeMalformed, parse_code


class CodeUnknown(RuleBroken):
    """Nobody was ever given this code."""

    rule = "code-unknown"


class CodeWithdrawn(RuleBroken):
    """The code was taken back before the new customer registered with it."""

    rule = "code-withdrawn"


class SelfReferral(RuleBroken):
    """A customer used the own code."""

    rule = "self-referral"


class AlreadyReferred(RuleBroken):
    """The new customer's referral was decided before; that decision holds."""

    rule = "already-referred"


class NoCampaign(RuleBroken):
    """No campaign ran on the day of the registration."""

    rule = "no-campaign"


class SameHousehold(RuleBroken):
    """Both live in one household, and the campaign does not reward that."""

    rule = "same-household"


class DailyCapReached(RuleBroken):
    """The referrer has had as many rewarded referrals on that day as the campaign allows."""

    rule = "daily-cap-reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A registration that names a code, as typed. `day` is the Shanghai day of the registration."""

    referred_id: UUID
    household_id: UUID | None
    code: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCode:
    """A code that was issued, and to whom."""

    referrer_id: UUID
    household_id: UUID | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Both sides get `campaign.points_each`."""

    claim: Claim
    referrer_id: UUID
    campaign: Campaign
    policy_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nobody gets anything; `broken` says why. `referrer_id` is None when the code leads to nobody."""

    claim: Claim
    broken: type[RuleBroken]
    referrer_id: UUID | None = None


Decision: TypeAlias = Reward | Refusal


def settle(
    claims: Sequence[Claim],
    *,
    codes: Mapping[str, KnownCode],
    decided: Set[UUID],
    rewarded: Mapping[tuple[UUID, date], int],
    policies: Iterable[Policy],
) -> list[Decision]:
    """Decide claims in order; each decision counts for the later ones.

    `codes`: known codes by stored form. `decided`: customers whose referral was decided before. `rewarded`: rewarded
    referrals so far by referrer and Shanghai day.
    """
    known_policies = tuple(policies)
    done = set(decided)
    counts = Counter(dict(rewarded))
    decisions: list[Decision] = []
    for claim in claims:
        decision = _decide(claim, codes=codes, done=done, counts=counts, policies=known_policies)
        done.add(claim.referred_id)
        if isinstance(decision, Reward):
            counts[decision.referrer_id, claim.day] += 1
        decisions.append(decision)
    return decisions


def _decide(
    claim: Claim,
    *,
    codes: Mapping[str, KnownCode],
    done: Set[UUID],
    counts: Mapping[tuple[UUID, date], int],
    policies: Sequence[Policy],
) -> Decision:
    if claim.referred_id in done:
        return Refusal(claim=claim, broken=AlreadyReferred)
    try:
        code = codes.get(parse_code(claim.code))
    except CodeMalformed:
        return Refusal(claim=claim, broken=CodeMalformed)
    if code is None:
        return Refusal(claim=claim, broken=CodeUnknown)
    running = campaign_on(claim.day, policies)
    broken = _broken(claim, code, None if running is None else running[0], counts)
    if broken is not None or running is None:
        return Refusal(claim=claim, broken=broken or NoCampaign, referrer_id=code.referrer_id)
    campaign, version = running
    return Reward(claim=claim, referrer_id=code.referrer_id, campaign=campaign, policy_version=version)


def _broken(
    claim: Claim, code: KnownCode, campaign: Campaign | None, counts: Mapping[tuple[UUID, date], int]
) -> type[RuleBroken] | None:
    if not code.active:
        return CodeWithdrawn
    if code.referrer_id == claim.referred_id:
        return SelfReferral
    if campaign is None:
        return NoCampaign
    if not campaign.same_household and claim.household_id is not None and claim.household_id == code.household_id:
        return SameHousehold
    if counts.get((code.referrer_id, claim.day), 0) >= campaign.daily_cap:
        return DailyCapReached
    return None
