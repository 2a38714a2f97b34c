"""Whether a change of a contract would break somebody who speaks the same version of it.

Events are read by consumers and, on replay, old ones are read by new code: so a field may neither vanish, change its type, become
required, nor stop being always there. Answers are read by callers; requests are written by them. A new optional field, a
new value of an enumeration, a new path or event breaks nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from steward.contracts.schemas import Comparer, Json, Side

_MARKS = ("x-subject", "x-aggregate")


def event_breaks(old: Json, new: Json) -> list[str]:
    """What breaks consumers of an event between two JSON Schemas, as sentences; empty when nothing does."""
    found = list(Comparer(old, new, Side.BOTH).breaks(old, new, "data"))
    return found + [f"{mark} is another" for mark in _MARKS if old.get(mark) != new.get(mark)]


def openapi_breaks(old: Json, new: Json) -> list[str]:
    """What breaks callers between two OpenAPI documents, as sentences; empty when nothing does."""
    found: list[str] = []
    for path, item in old["paths"].items():
        for method, before in item.items():
            place = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{place} is gone")
            else:
                found.extend(_Operations(old, new, place).breaks(before, after))
    return found


@dataclass(frozen=True, slots=True)
class _Operations:
    """One operation in two documents."""

    old_root: Json
    new_root: Json
    place: str

    def breaks(self, before: Json, after: Json) -> Iterator[str]:
        if before.get("x-access") != after.get("x-access"):
            yield f"{self.place} needs another access"
        yield from self._parameters(before.get("parameters", []), after.get("parameters", []))
        yield from self._request(before.get("requestBody", {}), after.get("requestBody", {}))
        for status, answer in before.get("responses", {}).items():
            if status.startswith("2"):
                yield from self._answer(status, answer, after["responses"].get(status, {}))

    def _parameters(self, before: list[Json], after: list[Json]) -> Iterator[str]:
        comparer = Comparer(self.old_root, self.new_root, Side.WRITTEN)
        known = {(row["in"], row["name"]): row for row in before}
        for row in after:
            earlier = known.pop((row["in"], row["name"]), None)
            if row.get("required") and not (earlier and earlier.get("required")):
                yield f"{self.place}: parameter {row['name']} is required now"
            if earlier is not None:
                yield from comparer.breaks(earlier["schema"], row["schema"], f"{self.place}: parameter {row['name']}")
        yield from (f"{self.place}: parameter {name} is gone" for _, name in known)

    def _request(self, before: Json, after: Json) -> Iterator[str]:
        asked, taken = _json(before), _json(after)
        if taken is not None and asked is None and after.get("required"):
            yield f"{self.place}: a body is required now"
        elif asked is not None and taken is None:
            yield f"{self.place}: the body is gone"
        elif asked is not None and taken is not None:
            yield from Comparer(self.old_root, self.new_root, Side.WRITTEN).breaks(asked, taken, f"{self.place}: body")

    def _answer(self, status: str, before: Json, after: Json) -> Iterator[str]:
        shape, later = _json(before), _json(after)
        if shape is not None and later is None:
            yield f"{self.place}: answer {status} is gone"
        elif shape is not None and later is not None:
            yield from Comparer(self.old_root, self.new_root, Side.READ).breaks(shape, later, f"{self.place}: answer")


def _json(part: Json) -> Json | None:
    content = part.get("content", {}).get("application/json")
    return content.get("schema") if content else None
