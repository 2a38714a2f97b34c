"""The retention policy: one packaged file, read once and checked. A wrong word is an error at start, never a default."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.compliance.retention.rules import Basis, RetentionClass, RetentionPolicy

_Years = Annotated[int, Field(ge=1, le=100)]
_Words = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]+$")]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Basis(_Document):
    years: _Years
    clause: _Words


class _Class(_Document):
    title: _Words
    acts: Annotated[tuple[str, ...], Field(min_length=1)]
    bases: Annotated[tuple[_Basis, ...], Field(min_length=1)]


class RetentionDocument(_Document):
    """The file as it is written."""

    version: int = Field(ge=1)
    least_years: _Years
    prune_every_days: int = Field(ge=1, le=366)
    classes: dict[str, _Class]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not any("" in one.acts for one in self.classes.values()):
            raise ValueError("no class takes the acts that no other names")
        if short := [name for name, one in self.classes.items() if max(b.years for b in one.bases) < self.least_years]:
            raise ValueError(f"shorter than least_years: {', '.join(short)}")
        return self

    def policy(self) -> RetentionPolicy:
        """As the rules use it."""
        classes = tuple(
            RetentionClass(name, one.title, one.acts, tuple(Basis(basis.years, basis.clause) for basis in one.bases))
            for name, one in self.classes.items()
        )
        return RetentionPolicy(self.version, self.least_years, self.prune_every_days, classes)


@cache
def retention() -> RetentionPolicy:
    """The policy in force. Raises pydantic's ValidationError when the file is wrong."""
    content = files("services.compliance").joinpath("policies/retention.yaml").read_text(encoding="utf-8")
    return RetentionDocument.model_validate(yaml.safe_load(content)).policy()
