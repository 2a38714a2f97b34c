"""The allow-list of destinations and fields (H20): one packaged file, or the bank's own, read once and checked."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.disclosure.fields import Audience
from contracts.disclosure.policy import disclosure_policy
from contracts.values import RuleBroken

Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class DestinationNotAllowed(RuleBroken):
    """Something would have left for a place that the allow-list does not name, or with a field that it does not name."""

    rule = "destination-not-allowed"
    fix = "Add the destination, or the field, to the allow-list of destinations; personal data cannot be added."


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Destination(_Document):
    """One place, and what may go there."""

    about: str = Field(min_length=1)
    hosts: frozenset[Host]
    setting: Name | None = None
    fields: frozenset[Name]

    @model_validator(mode="after")
    def _no_personal_data(self) -> Self:
        for field, rule in disclosure_policy().fields.items():
            if not rule.forms[Audience.NOBODY].show and self.fields & {field.value, *rule.names}:
                raise ValueError(f"{field} leaves for nobody")
        return self


class Destinations(_Document):
    """All of them."""

    version: int = Field(ge=1)
    about: tuple[str, ...] = ()
    destinations: Mapping[Name, Destination]

    def require(self, name: str, url: str, *, fields: Iterable[str], settings: Mapping[str, object]) -> None:
        """Raises `DestinationNotAllowed` unless `url` is a place of the destination `name`, and may be sent all of `fields`."""
        destination = self.destinations.get(name)
        if destination is None:
            raise DestinationNotAllowed(f"{name} is not on the list")
        if not _is_place(destination, url, settings):
            raise DestinationNotAllowed(f"the address is no place of {name}")
        extra = len(set(fields) - destination.fields)
        if extra:
            raise DestinationNotAllowed(f"{extra} fields are not on the list of {name}")


def _is_place(destination: Destination, url: str, settings: Mapping[str, object]) -> bool:
    origin = _origin(url)
    if origin is None:
        return False
    if origin[0] == "https" and origin[1] in destination.hosts:
        return True
    told = settings.get(destination.setting) if destination.setting else None
    return isinstance(told, str) and origin == _origin(told)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no address, or carries a name and password."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return None
    if not port or parts.hostname is None or parts.username is not None:
        return None
    return parts.scheme, parts.hostname.lower(), port


def parse_destinations(text: str) -> Destinations:
    """The list of a JSON document. Raises pydantic's ValidationError, and ValueError for text that is no JSON."""
    return Destinations.model_validate(json.loads(text))


@cache
def destinations(path: Path | None = None) -> Destinations:
    """The bank's own list, or the packaged one."""
    packaged = files("contracts.disclosure").joinpath("destinations.json")
    return parse_destinations((path or packaged).read_text(encoding="utf-8"))
