"""Masks texts and JSON values: find, then write in the form that the audience may see. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from contracts.disclosure import HIDDEN, Audience, DataField, DisclosurePolicy, disclosure_policy
from contracts.disclosure.forms import writer
from contracts.values import RuleBroken
from services.compliance.masking.detector import find
from services.compliance.masking.policy import shipped_hints
from services.compliance.masking.values import Finding, Kind
from services.compliance.masking.words import PERSON, is_document

Json = JsonValue
"""Any JSON value."""

DEEPEST = 100
"""Levels of arrays and objects."""


class TooDeep(RuleBroken):
    """A JSON value with more than 100 levels of arrays and objects."""

    rule = "value-too-deep"
    fix = "Mask the inner values one by one."


class NotText(RuleBroken):
    """A string that holds half of a surrogate pair, or a number that no JSON can hold."""

    rule = "value-not-json"
    fix = "Send Unicode text without lone surrogates, and finite numbers."


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding within a JSON value: the string's JSON pointer (RFC 6901), and the place within the string."""

    pointer: str
    finding: Finding


class Masker:
    """Masks for one audience by one policy, the disclosure policy that all answers of the suite follow."""

    def __init__(self, audience: Audience, policy: DisclosurePolicy | None = None) -> None:
        policy = policy or disclosure_policy()
        self.version = policy.version
        self._writers = {kind: _writer(policy, kind, audience) for kind in Kind}
        self._kinds = {member: kind for kind, members in shipped_hints().members.items() for member in members}

    def text(self, text: str) -> tuple[str, list[Finding]]:
        """The masked text, and what was found in the original."""
        found = find(text)
        return self.write(text, found), found

    def write(self, text: str, found: Sequence[Finding]) -> str:
        """`text` with what was found masked."""
        if not found:
            return text
        writers = self._writers
        parts: list[str] = []
        place = 0
        for kind, start, end, _ in found:
            parts += (text[place:start], writers[kind](text[start:end]))
            place = end
        parts.append(text[place:])
        return "".join(parts)

    def json(self, value: Json) -> tuple[Json, list[Placed]]:
        """The same value with its strings masked; numbers and the names of members stay. Raises `TooDeep`, `NotText`."""
        found: list[Placed] = []
        return self._value(value, "", None, DEEPEST, found), found

    def _value(self, value: Json, pointer: str, kind: Kind | None, depth: int, found: list[Placed]) -> Json:
        if isinstance(value, str):
            return self._string(value, pointer, kind, found)
        if isinstance(value, float) and not math.isfinite(value):
            raise NotText(field="body.items")
        if not isinstance(value, list | dict):
            return value
        if depth == 0:
            raise TooDeep(field="body.items")
        if isinstance(value, list):
            return [self._value(item, f"{pointer}/{place}", kind, depth - 1, found) for place, item in enumerate(value)]
        for name in value:
            check_text(name)
        return {
            name: self._value(item, f"{pointer}/{_escaped(name)}", self._kinds.get(_plain(name)), depth - 1, found)
            for name, item in value.items()
        }

    def _string(self, text: str, pointer: str, kind: Kind | None, found: list[Placed]) -> str:
        check_text(text)
        findings = list(_by_member(text, kind)) or find(text)
        found += (Placed(pointer, finding) for finding in findings)
        return self.write(text, findings)


def _writer(policy: DisclosurePolicy, kind: Kind, audience: Audience) -> Callable[[str], str]:
    field = DataField(kind.value)
    return writer(field, policy.fields[field].forms[audience])


def check_text(text: str) -> None:
    """Raises `NotText` for text that cannot be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotText(field="body.items") from None


def _by_member(text: str, kind: Kind | None) -> Iterator[Finding]:
    """The whole string as a value of the kind that its member's name tells, if it looks like one."""
    told = (
        (kind is Kind.NAME and PERSON.fullmatch(text) is not None)
        or (kind is Kind.ADDRESS and text != "" and HIDDEN not in text)
        or (kind is not None and is_document(text, kind))
    )
    if kind is not None and told:
        yield Finding(kind, 0, len(text), shipped_hints().confidence_bp.member)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
