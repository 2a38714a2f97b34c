"""The service packages that come with a tier (H5 to H7), as versioned data."""

from datetime import date
from importlib import resources
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from contracts.values import Tier
from services.tiering.document import Text


class Service(Text):
    """One service of a package."""

    code: str


class Package(BaseModel):
    """What comes with a tier; `source` is the requirement it follows from."""

    model_config = ConfigDict(frozen=True)

    code: str
    tier: Tier
    source: str
    name: Text
    services: tuple[Service, ...]


class PackageCatalogue(BaseModel):
    """A version of the packages; exactly one package for each tier."""

    model_config = ConfigDict(frozen=True)

    version: int
    effective_from: date
    packages: tuple[Package, ...]

    @model_validator(mode="after")
    def _one_for_each_tier(self) -> "PackageCatalogue":
        if sorted(package.tier for package in self.packages) != sorted(Tier):
            raise ValueError("the catalogue needs exactly one package for each tier")
        return self

    def code_of(self, tier: Tier) -> str:
        """The code of the package that comes with `tier`."""
        return next(package.code for package in self.packages if package.tier == tier)


def load(text: str) -> PackageCatalogue:
    """A catalogue from YAML. Raises pydantic's `ValidationError`."""
    return PackageCatalogue.model_validate(yaml.safe_load(text))


CATALOGUE: Final = load(resources.files("services.tiering").joinpath("policies/packages.yaml").read_text(encoding="utf-8"))
"""The packages in use."""

CODES: Final = {tier: CATALOGUE.code_of(tier) for tier in Tier}
"""Package code by tier."""
