"""The service packages that come with a tier (H5 to H7), as versioned data."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import Role, Tier
from services.tiering.document import Text
from services.tiering.rules.periods import Every


class Debtor(StrEnum):
    """Who owes a service to the customer."""

    ADVISER = "adviser"
    BRANCH = "branch"
    PRODUCT_TEAM = "product_team"
    APP = "app"


class Service(Text):
    """One service of a package: who owes it and how often; `within_days` of the entry where it is owed once."""

    code: str
    owed_by: Debtor = Field(strict=False)
    every: Every = Field(strict=False)
    within_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _days_where_owed_once(self) -> "Service":
        if (self.every is Every.ONCE) != (self.within_days is not None):
            raise ValueError("within_days belongs to a service that is owed once, and only there")
        return self


class Festival(Text):
    """A festival with its published days, one for each year."""

    code: str
    days: tuple[date, ...] = Field(min_length=1, strict=False)


class Package(BaseModel):
    """What comes with a tier; `source` is the requirement it follows from."""

    model_config = ConfigDict(frozen=True)

    code: str
    tier: Tier
    source: str
    name: Text
    services: tuple[Service, ...]


class PackageCatalogue(BaseModel):
    """A version of the packages; exactly one package for each tier, and every service in one package."""

    model_config = ConfigDict(frozen=True)

    version: int
    effective_from: date
    notice_days: int = Field(ge=0, description="A period with fewer days left at the entry owes nothing yet.")
    festivals: tuple[Festival, ...] = Field(min_length=1)
    may_give: Mapping[Debtor, frozenset[Role]]
    packages: tuple[Package, ...]

    @model_validator(mode="after")
    def _one_for_each_tier(self) -> "PackageCatalogue":
        if sorted(package.tier for package in self.packages) != sorted(Tier):
            raise ValueError("the catalogue needs exactly one package for each tier")
        codes = [service.code for package in self.packages for service in package.services]
        if len(codes) != len(set(codes)):
            raise ValueError("a service code stands twice in the catalogue")
        if set(self.may_give) != set(Debtor):
            raise ValueError("may_give needs the roles of every debtor")
        return self

    def code_of(self, tier: Tier) -> str:
        """The code of the package that comes with `tier`."""
        return next(package.code for package in self.packages if package.tier == tier)

    def services_of(self, tier: Tier) -> tuple[Service, ...]:
        """The services that come with `tier`."""
        return next(package.services for package in self.packages if package.tier == tier)

    def festival_days(self) -> list[date]:
        """The published days of all festivals, sorted."""
        return sorted(day for one in self.festivals for day in one.days)


def load(text: str) -> PackageCatalogue:
    """A catalogue from YAML. Raises pydantic's `ValidationError`."""
    return PackageCatalogue.model_validate(yaml.safe_load(text))


CATALOGUE: Final = load(resources.files("services.tiering").joinpath("policies/packages.yaml").read_text(encoding="utf-8"))
"""The packages in use."""

CODES: Final = {tier: CATALOGUE.code_of(tier) for tier in Tier}
"""Package code by tier."""

SERVICES: Final = {service.code: service for package in CATALOGUE.packages for service in package.services}
"""Services by code."""
