"""The reasons for which staff may give a tier by hand, as versioned data."""

from datetime import date
from importlib import resources
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.tiering.document import ReasonText


class ManualReason(ReasonText):
    """A reason code, its words, and the most days that a tier may be given for."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    longest_days: int = Field(ge=1, le=3_660)


class ManualReasons(BaseModel):
    """A version of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    effective_from: date
    reasons: tuple[ManualReason, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_differ(self) -> "ManualReasons":
        if len({reason.code for reason in self.reasons}) != len(self.reasons):
            raise ValueError("each code stands once")
        return self

    def find(self, code: str) -> ManualReason | None:
        """The reason of a code."""
        return next((reason for reason in self.reasons if reason.code == code), None)


def load(text: str) -> ManualReasons:
    """A list from YAML. Raises pydantic's `ValidationError`."""
    return ManualReasons.model_validate(yaml.safe_load(text))


REASONS: Final = load(resources.files("services.tiering").joinpath("policies/manual_tiers.yaml").read_text(encoding="utf-8"))
"""The reasons in use."""
