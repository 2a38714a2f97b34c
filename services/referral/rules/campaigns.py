"""Campaigns: what a referral gives, on which days, within which limits. Data of a versioned policy, never constants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from contracts.values import RuleBroken


class CampaignsOverlap(RuleBroken):
    """Two campaigns of one policy reward the same day; nobody could say which of them holds."""

    rule = "campaigns-overlap"
    fix = "End one campaign before the next one starts."


class CampaignDatesReversed(RuleBroken):
    """A campaign ends before it starts."""

    rule = "campaign-dates-reversed"
    fix = "Give an `ends_on` that is not before `starts_on`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign. Both sides get `points_each` (H28); `ends_on` is its last day, None means until further notice."""

    code: str
    points_each: int
    starts_on: date
    ends_on: date | None
    daily_cap: int
    """Rewarded referrals of one referrer on one Shanghai day at most."""
    same_household: bool
    """Whether members of one household may refer each other."""
    active: bool = True

    def runs_on(self, day: date) -> bool:
        """Whether a registration of that day is rewarded."""
        return self.active and self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the campaigns."""

    version: int
    effective_from: date
    campaigns: tuple[Campaign, ...]


def campaign_on(day: date, policies: Iterable[Policy]) -> tuple[Campaign, int] | None:
    """The campaign that runs on a day with its policy's version: of the policies in force, the latest decides alone."""
    in_force = [policy for policy in policies if policy.effective_from <= day]
    if not in_force:
        return None
    latest = max(in_force, key=lambda policy: (policy.effective_from, policy.version))
    running = next((campaign for campaign in latest.campaigns if campaign.runs_on(day)), None)
    return None if running is None else (running, latest.version)


def check_dates(campaigns: Sequence[Campaign]) -> None:
    """At most one active campaign a day. Raises `CampaignDatesReversed` and `CampaignsOverlap`."""
    for campaign in campaigns:
        if campaign.ends_on is not None and campaign.ends_on < campaign.starts_on:
            raise CampaignDatesReversed(campaign.code)
    in_order = sorted((campaign for campaign in campaigns if campaign.active), key=lambda campaign: campaign.starts_on)
    for earlier, later in pairwise(in_order):
        if earlier.ends_on is None or later.starts_on <= earlier.ends_on:
            raise CampaignsOverlap(f"{earlier.code}, {later.code}")
