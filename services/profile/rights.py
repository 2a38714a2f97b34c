"""The policy of people's rights over their data, read from policies/rights.yaml and checked at first use."""

from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contracts.values import ConsentPurpose, Purpose
from services.profile.rules.retention import Keeping


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Separate(_Part):
    purpose: ConsentPurpose
    clause: str


class ConsentPolicy(_Part):
    """Which consents are asked for alone, and which sources need no further evidence."""

    separate: tuple[_Separate, ...]
    self_evident: frozenset[str]

    def clause_of(self, purpose: ConsentPurpose) -> str | None:
        """The article that wants this purpose asked for alone; None for the others."""
        return next((entry.clause for entry in self.separate if entry.purpose is purpose), None)


class _Keep(_Part):
    records: Literal["identity", "transactions"]
    years: int = Field(ge=1, le=100)
    clause: str


class ErasurePolicy(_Part):
    """What must be kept for how long, and what stops meanwhile."""

    keep: tuple[_Keep, ...] = Field(min_length=1)
    stopped_meanwhile: tuple[ConsentPurpose, ...]

    @property
    def keepings(self) -> tuple[Keeping, ...]:
        """The rules as the decision takes them."""
        return tuple(Keeping(entry.records, entry.years, entry.clause) for entry in self.keep)


class RevealPolicy(_Part):
    """Limits of seeing identity fields whole."""

    minutes: int = Field(ge=1, le=60)
    per_person_and_day: int = Field(ge=1)
    purposes: frozenset[Purpose]


class RightsPolicy(_Part):
    """The whole document."""

    version: int = Field(ge=1)
    consents: ConsentPolicy
    erasure: ErasurePolicy
    reveals: RevealPolicy


@cache
def rights_policy() -> RightsPolicy:
    """The shipped policy. Raises pydantic's ValidationError for a document with a wrong word."""
    text = resources.files("services.profile").joinpath("policies", "rights.yaml").read_text("utf-8")
    return RightsPolicy.model_validate(yaml.safe_load(text))
