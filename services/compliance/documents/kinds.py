"""Which kinds of documents there are: how one is read and checked, and which one comes with the service."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeAlias

import yaml
from pydantic import ValidationError

from contracts.values import RuleBroken

Document: TypeAlias = dict[str, Any]  # Any: JSON, read by the kind's own parser


class DocumentUnknown(RuleBroken):
    """There is no such kind, or no such version of it."""

    rule = "policy-document-unknown"
    fix = "List the kinds and versions with GET /v1/policies/compliance/{kind}."


class DocumentMalformed(RuleBroken):
    """A document that does not have the shape of its kind, or breaks a rule of it; the field names the place."""

    rule = "policy-document-malformed"
    fix = "Take the version in force as the pattern and change what is to change."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. `parse` gives it typed and raises pydantic's ValidationError; `shipped` is its packaged file."""

    parse: Callable[[Document], object]
    shipped: str


class Kinds:
    """The kinds by name. Each room declares its own."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def declare(self, name: str, kind: Kind) -> None:
        """Add a kind. A name has one kind."""
        if name in self._kinds:
            raise ValueError(f"{name} is declared twice")
        self._kinds[name] = kind

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._kinds)

    def shipped(self, name: str) -> Document:
        """The document that comes with the service. Raises `DocumentUnknown`."""
        text = files("services.compliance").joinpath("policies", self._of(name).shipped).read_text(encoding="utf-8")
        document: Document = yaml.safe_load(text)
        return document

    def parse(self, name: str, document: Document) -> object:
        """The document, typed and checked. Raises `DocumentUnknown`, `DocumentMalformed`."""
        kind = self._of(name)
        try:
            return kind.parse(document)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = ".".join(str(part) for part in ("document", *first["loc"]))
            raise DocumentMalformed(f"{place}: {first['msg']}", field=place) from None

    def _of(self, name: str) -> Kind:
        try:
            return self._kinds[name]
        except KeyError:
            raise DocumentUnknown("there is no such kind of document", field="path.kind") from None


KINDS = Kinds()
"""All kinds of this service."""
