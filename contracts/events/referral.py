"""What `referral` tells: codes and rewards."""

from typing import ClassVar
from uuid import UUID

from contracts.events.base import Code, Event


class CodeIssued(Event):
    """A customer has a referral code (H28)."""

    type: ClassVar[str] = "referral.code.issued.v1"
    key: ClassVar[str] = "customer_id"

    customer_id: UUID
    code: Code


class ReferralRewarded(Event):
    """Both sides of a referral got their points in one transfer (H28)."""

    type: ClassVar[str] = "referral.referral.rewarded.v1"
    key: ClassVar[str] = "referral_id"

    referral_id: UUID
    referrer_id: UUID
    referred_id: UUID
    points_each: int
    campaign: Code


class ReferralRefused(Event):
    """A registration named a code that yields no reward; `rule` says why."""

    type: ClassVar[str] = "referral.referral.refused.v1"
    key: ClassVar[str] = "referred_id"

    referred_id: UUID
    rule: Code
