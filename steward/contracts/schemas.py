"""How one JSON Schema differs from an earlier one, as far as somebody would notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON document; Any: its values are JSON."""

_DEEPEST = 30


class Side(Enum):
    """Who is affected: readers of what we write, writers of what we read, or both."""

    READ = "read"
    WRITTEN = "written"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares schemas out of an old and a new document, for one side."""

    old_root: Json
    new_root: Json
    side: Side

    def breaks(self, old: Json, new: Json, place: str, depth: int = 0) -> Iterator[str]:
        """What breaks at `place`, as sentences; recursive schemas are followed 30 levels deep."""
        if depth > _DEEPEST:
            return
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        before, after = _types(old, self.old_root), _types(new, self.new_root)
        if before != after and not self._widened(before, after):
            yield f"{place} was {'|'.join(sorted(before))}, is {'|'.join(sorted(after))}"
            return
        gone = set(map(str, old.get("enum", []))) - set(map(str, new.get("enum", [])))
        if gone and "enum" in new:
            yield f"{place} lost the values {', '.join(sorted(gone))}"
        yield from self._properties(old, new, place, depth)
        for inside in ("items", "additionalProperties"):
            if isinstance(old.get(inside), dict) and isinstance(new.get(inside), dict):
                yield from self.breaks(old[inside], new[inside], f"{place}[]", depth + 1)
        # Objects in unions are matched by their place among the objects: an optional part is such a union with null.
        parts = zip(_objects(old, self.old_root), _objects(new, self.new_root), strict=False)
        for earlier, later in parts:
            yield from self.breaks(earlier, later, place, depth + 1)

    def _widened(self, before: frozenset[str], after: frozenset[str]) -> bool:
        """Taking in more than before breaks no writer; saying less than before breaks no reader."""
        if self.side is Side.WRITTEN:
            return before <= after or "any" in after
        return self.side is Side.READ and (after <= before or "any" in before)

    def _properties(self, old: Json, new: Json, place: str, depth: int) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was, now = set(old.get("required", [])), set(new.get("required", []))
        for name, shape in before.items():
            if name in after:
                yield from self.breaks(shape, after[name], f"{place}.{name}", depth + 1)
            else:
                yield f"{place}.{name} is gone"
        if self.side is not Side.READ:
            yield from (f"{place}.{name} is required now" for name in sorted(now - was))
        if self.side is not Side.WRITTEN:
            yield from (f"{place}.{name} is no longer always there" for name in sorted(was - now) if name in after)


def _objects(schema: Json, root: Json) -> list[Json]:
    variants: list[Json] = schema.get("anyOf") or schema.get("oneOf") or []
    parts = [_resolved(part, root) for part in variants]
    return [part for part in parts if "properties" in part or part.get("type") == "array"]


def _resolved(schema: Json, root: Json) -> Json:
    for _ in range(_DEEPEST):
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Any = root  # Any: JSON
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _types(schema: Json, root: Json) -> frozenset[str]:
    """The types that a value may have, with their formats."""
    schema = _resolved(schema, root)
    variants: list[Json] = schema.get("anyOf") or schema.get("oneOf") or []
    if variants:
        return frozenset(name for variant in variants for name in _types(variant, root))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return frozenset("string" if isinstance(value, str) else type(value).__name__ for value in values)
    kind = schema.get("type")
    if kind is None:
        return frozenset({"object"} if "properties" in schema else {"any"})
    kinds = kind if isinstance(kind, list) else [kind]
    return frozenset(f"{name}({schema['format']})" if "format" in schema else str(name) for name in kinds)
