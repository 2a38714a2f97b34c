"""Region codes that may begin a resident identity number: those of GB/T 2260 past and present, and those of the policy."""

from collections.abc import Iterator
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field
from stdnum import numdb

DIGITS = 6


class _Added(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str = Field(pattern=r"^\d{6}$")
    clause: str


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: int = Field(ge=1)
    added: tuple[_Added, ...]


@cache
def known_regions() -> frozenset[str]:
    """All codes of six digits. Years are not judged: people keep the code under which they were registered."""
    text = resources.files("services.profile").joinpath("policies", "regions.yaml").read_text("utf-8")
    document = _Document.model_validate(yaml.safe_load(text))
    return frozenset(_published()) | {region.code for region in document.added}


def _published() -> Iterator[str]:
    for length, low, high, _, counties in numdb.get("cn/loc").prefixes:
        for province in range(int(low), int(high) + 1):
            for digits, first, last, _, _ in counties:
                assert length + digits == DIGITS  # how the library's file is built
                yield from (f"{province:0{length}d}{county:0{digits}d}" for county in range(int(first), int(last) + 1))
