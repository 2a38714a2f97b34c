"""What the suite answers to: the route table, read from the generated OpenAPI documents. Only declared paths pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import orjson

from contracts.values import RuleBroken, Scope

METHODS = ("get", "put", "post", "patch", "delete")
SERVICES = ("profile", "tiering", "outreach", "compliance", "referral")
"""The services behind the door, each with its document in contracts/generated/openapi/."""


class RouteUnknown(RuleBroken):
    """No service declares this path."""

    rule = "route-unknown"
    fix = "See /openapi.json for the paths of the suite."


class MethodUnknown(RuleBroken):
    """The path is declared, but not with this method; `detail` names the methods that are."""

    rule = "method-unknown"
    fix = "Use a method named in Allow."


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: who serves it, which scope it needs (None: any caller), and where it names its customer.

    `long` tells that reading it may take as long as writing.
    """

    service: str
    method: str
    template: str
    scope: Scope | None
    customer: Literal["path", "body"] | None = None
    long: bool = False


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    variable: "_Node | None" = None
    name: str = ""
    methods: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Routes:
    """Finds the operation of a request: fixed segments before variable ones, like the services themselves."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        names: list[str] = []
        for segment in route.template.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.fixed.setdefault(segment, _Node())
        if route.method in node.methods:
            raise ValueError(f"{route.method} {route.template} is declared twice")
        node.methods[route.method] = (route, tuple(names))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The operation and its path parameters. Raises `RouteUnknown` or `MethodUnknown`."""
        values: list[str] = []
        node = _walk(self._root, path.removeprefix("/").split("/"), 0, values)
        if node is None:
            raise RouteUnknown("no service declares this path")
        found = node.methods.get(method)
        if found is None:
            raise MethodUnknown(", ".join(sorted(node.methods)))
        route, names = found
        return route, dict(zip(names, values, strict=True))


def _walk(node: _Node, segments: list[str], place: int, values: list[str]) -> _Node | None:
    if place == len(segments):
        return node if node.methods else None
    segment = segments[place]
    fixed = node.fixed.get(segment)
    if fixed is not None:
        found = _walk(fixed, segments, place + 1, values)
        if found is not None:
            return found
    if node.variable is None or not segment:
        return None
    values.append(segment)
    found = _walk(node.variable, segments, place + 1, values)
    if found is None:
        values.pop()
    return found


@cache
def documents() -> Mapping[str, dict[str, Any]]:  # Any: JSON documents
    """The OpenAPI document of each service, as generated into contracts/generated/openapi/."""
    folder = files("contracts").joinpath("generated", "openapi")
    found = {name: folder.joinpath(f"{name}.json") for name in SERVICES}
    return {name: orjson.loads(file.read_bytes()) for name, file in found.items() if file.is_file()}


def routes_of(service: str, document: Mapping[str, Any]) -> list[Route]:  # Any: a JSON document
    """The operations in a document that say which access they need (`x-access`); others do not pass the door."""
    found = []
    for template, item in document["paths"].items():
        for method in METHODS:
            access = item.get(method, {}).get("x-access")
            if access is None or access["scope"] is None:
                continue
            in_path: Literal["path"] | None = "path" if "{customer_id}" in template else None
            found.append(
                Route(
                    service=service,
                    method=method.upper(),
                    template=template,
                    scope=Scope(access["scope"]),
                    customer=access.get("customer") or in_path,
                    long=item[method].get("x-long", False),
                )
            )
    return found
