"""The campaigns' policy document: its shape, its checks, and how a file becomes one."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contracts.wording import read_judgement
from services.referral.rules.campaigns import Campaign, Policy, check_dates

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class _Part(BaseModel):
    """A field that nobody declared, `cash_fen` for example, is an error (H29)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CampaignPart(_Part):
    """One campaign as the file has it. There is one number for both sides, so that both get the same (H28)."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    title: _Text
    text: _Text
    condition: Literal["registered"]
    points_each: Annotated[int, Field(ge=1, le=1_000_000)]
    starts_on: date
    ends_on: date | None
    active: bool
    daily_cap: Annotated[int, Field(ge=1, le=10_000)]
    same_household: bool

    def campaign(self) -> Campaign:
        """The campaign as the rules know it."""
        return Campaign(
            code=self.code,
            points_each=self.points_each,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            daily_cap=self.daily_cap,
            same_household=self.same_household,
            active=self.active,
        )


class CampaignDocument(_Part):
    """A version of the campaigns."""

    version: Annotated[int, Field(ge=1, le=1_000_000)]
    effective_from: date
    campaigns: Annotated[tuple[CampaignPart, ...], Field(max_length=100, strict=False)]

    def policy(self) -> Policy:
        """The document as the rules know it."""
        return Policy(
            version=self.version,
            effective_from=self.effective_from,
            campaigns=tuple(part.campaign() for part in self.campaigns),
        )

    def digest(self) -> bytes:
        """SHA-256 of the document's JSON: a published version that changed has another one."""
        return hashlib.sha256(self.model_dump_json().encode()).digest()


def read_campaigns(path: Path) -> CampaignDocument:
    """The document in a YAML file, checked.

    Its texts are those that compliance judged (H23, H29): the judgement lies beside the file. Raises pydantic's
    `ValidationError` for a wrong shape, `CampaignDatesReversed`, `CampaignsOverlap`, `WordingNotJudged`.
    """
    document = CampaignDocument.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    check_dates(document.policy().campaigns)
    read_judgement(path).require(text for part in document.campaigns for text in (part.code, part.title, part.text))
    return document
