"""What the names of JSON members tell the detector: one packaged file, read once and checked.

In which form a found value is written is the disclosure policy's, `contracts.disclosure`: it holds for all answers of the suite.
"""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.compliance.masking.values import Kind


class Hints(BaseModel):
    """The members of JSON objects that tell a kind, each under one kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
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
