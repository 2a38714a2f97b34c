"""The masking policy: one packaged file, read once and checked. A wrong word is an error at start, never a default."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.compliance.masking.values import MASKED, Audience, Kind

SHORTEST = {
    Kind.IDENTITY_NUMBER: 15,
    Kind.PHONE: 10,
    Kind.CARD: 13,
    Kind.PLATE: 7,
    Kind.PASSPORT: 8,
    Kind.HK_MACAU_PERMIT: 8,
    Kind.TAIWAN_PERMIT: 8,
}
"""Characters of the shortest value of a kind, separators left out."""

HIDDEN_AT_LEAST = len(MASKED)
_SHOWN_AT_END = 4
_Count = Annotated[int, Field(ge=0, le=8)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(_Document):
    """What stays of a value; everything else is hidden."""

    first: _Count = 0
    last: Annotated[int, Field(ge=0, le=_SHOWN_AT_END)] = 0
    hide_last: Annotated[int | None, Field(ge=HIDDEN_AT_LEAST, le=18)] = None
    keep: Literal["family_name", "district", "mail_domain"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.hide_last is not None and (self.first or self.last or self.keep):
            raise ValueError("hide_last stands alone")
        if (self.last and self.keep) or (self.first and self.keep not in (None, "mail_domain")):
            raise ValueError("keep goes with nothing but first, for mail addresses")
        return self


_WORDS = {Kind.EMAIL: "mail_domain", Kind.ADDRESS: "district", Kind.NAME: "family_name"}


class Policy(_Document):
    """The forms by kind and audience, and the members of JSON objects that tell a kind."""

    version: int = Field(ge=1)
    forms: dict[Kind, dict[Audience, Form]]
    members: dict[Kind, frozenset[str]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.forms) != set(Kind) or any(set(by_audience) != set(Audience) for by_audience in self.forms.values()):
            raise ValueError("each kind needs a form for each audience")
        for kind, by_audience in self.forms.items():
            for form in by_audience.values():
                if form.keep not in (None, _WORDS.get(kind)):
                    raise ValueError(f"{kind} cannot keep {form.keep}")
                if form.first + form.last + HIDDEN_AT_LEAST > SHORTEST.get(kind, 12):
                    raise ValueError(f"{kind} would show nearly everything")
        return self


def parse_policy(text: str) -> Policy:
    """The policy of a YAML document. Raises pydantic's ValidationError."""
    return Policy.model_validate(yaml.safe_load(text))


@cache
def default_policy() -> Policy:
    """policies/masking.yaml."""
    return parse_policy(files("services.compliance").joinpath("policies", "masking.yaml").read_text(encoding="utf-8"))
