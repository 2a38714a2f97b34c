"""Words, members and confidences of the detector: one packaged file, read once and checked.

In which form a found value is written is the disclosure policy's, `contracts.disclosure`: it holds for all answers of the suite.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.compliance.masking.values import Kind

_Sure = Annotated[int, Field(ge=1, le=10_000)]


class Confidence(BaseModel):
    """How sure each rule of the detector is, in basis points: a check digit gives nearly 10,000, a form alone less."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: _Sure
    identity_grouped: _Sure
    identity_old: _Sure
    card: _Sure
    card_grouped: _Sure
    mobile: _Sure
    mobile_grouped: _Sure
    mobile_dotted: _Sure
    landline: _Sure
    landline_spoken_of: _Sure
    plate: _Sure
    document: _Sure
    address: _Sure
    road: _Sure
    email: _Sure
    name: _Sure
    member: _Sure


class Hints(BaseModel):
    """What tells the detector more than a text's own form: words before a number, members of JSON objects, and how sure it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    confidence_bp: Confidence
    spoken_of: tuple[str, ...] = Field(min_length=1)
    name_labels: tuple[str, ...] = Field(min_length=1)
    documents: dict[Literal[Kind.PASSPORT, Kind.HK_MACAU_PERMIT, Kind.TAIWAN_PERMIT], tuple[str, ...]]
    members: dict[Kind, frozenset[str]]

    @model_validator(mode="after")
    def _each_once(self) -> "Hints":
        names = [name for members in self.members.values() for name in members]
        if len(names) != len(set(names)):
            raise ValueError("a member tells one kind")
        return self


def parse_hints(text: str) -> Hints:
    """The hints of a YAML document. Raises pydantic's ValidationError."""
    return Hints.model_validate(yaml.safe_load(text))


@cache
def shipped_hints() -> Hints:
    """policies/masking.yaml."""
    return parse_hints(files("services.compliance").joinpath("policies", "masking.yaml").read_text(encoding="utf-8"))
