"""The bank's own limits on what the feed may hold: policies/feed.yaml, read once."""

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contracts.values import ProductClass


class FeedPolicy(BaseModel):
    """`currencies` in ISO 4217; `never_negative` are the classes whose balance needs an agreed overdraft to be below zero."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    currencies: frozenset[str] = Field(min_length=1)
    never_negative: frozenset[ProductClass]


@cache
def feed_policy() -> FeedPolicy:
    """The packaged policy. Raises ValueError when it is not whole."""
    text = resources.files("services.profile").joinpath("policies", "feed.yaml").read_text(encoding="utf-8")
    return FeedPolicy.model_validate(yaml.safe_load(text))
