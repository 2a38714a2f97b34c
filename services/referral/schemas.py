"""What codes, points and referrals look like over HTTP."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.pagination import Page


class CodeOut(BaseModel):
    """A customer's referral code."""

    customer_id: UUID
    code: str = Field(description="Three groups of four; any case and any hyphens will do.", examples=["K7QM-2XVD-9HTC"])
    issued_at: datetime


class EntryOut(BaseModel):
    """One movement on a points account."""

    transfer_id: UUID
    reference: str = Field(examples=["referral:0197f1a4-3c4e-7a53-a3a8-5d1f6a2b9c01"])
    amount: int = Field(description="Points gained; negative for points given.")
    balance_after: int
    occurred_at: datetime


class PointsOut(BaseModel):
    """A customer's points. They are points only: nothing turns them into cash (H29)."""

    customer_id: UUID
    balance: int
    currency: Literal["PTS"] = "PTS"
    entries: Page[EntryOut]


class ReferralOut(BaseModel):
    """What became of a registration with the customer's code. Who registered is not told: that is another customer."""

    referral_id: UUID
    status: Literal["rewarded", "refused"]
    rule: str | None = Field(description="Why it was refused.")
    points: int = Field(description="Points that this customer got for it.")
    campaign: str | None
    day: date


class CampaignOut(BaseModel):
    """A campaign as customers may read it."""

    code: str
    title: str
    text: str
    points_each: int
    starts_on: date
    ends_on: date | None
    daily_cap: int


class CampaignsOut(BaseModel):
    """The campaigns that reward a registration today; empty when none does."""

    items: list[CampaignOut]


class CampaignCount(BaseModel):
    """Rewarded referrals of a campaign."""

    campaign: str
    rewarded: int


class RefusalCount(BaseModel):
    """Referrals that a rule refused."""

    rule: str
    refused: int


class PointsSummary(BaseModel):
    """Points and referrals in numbers."""

    outstanding: int = Field(description="Points that all customers hold; the issuer has given as many.")
    accounts: int
    transfers: int
    rewarded: list[CampaignCount]
    refused: list[RefusalCount]
