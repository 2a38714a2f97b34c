"""The whole suite in one OpenAPI document, merged from the services' own."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
"""A JSON document; Any: its values are JSON."""

DESCRIPTION = """Customer care of a retail bank: one door to profile, tiering, outreach, compliance, referral and the case desk.

Send `Authorization: Bearer <token>` of the bank's identity provider. `X-Purpose` states why you act (each role has a default).
Errors are RFC 9457 problem details with a stable `type`; POST takes `Idempotency-Key`."""


def merge(own: Json, services: Mapping[str, Json]) -> Json:
    """One document of all paths and schemas. A schema that differs between services under one name gets the service's
    name in front."""
    merged: Json = {
        "openapi": own["openapi"],
        "info": {"title": "Steward", "version": own["info"]["version"], "description": DESCRIPTION},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
        "tags": [],
    }
    for name, told in {"gateway": own, **services}.items():
        document = _renamed(told, _clashes(told, merged), name)
        merged["components"]["schemas"].update(document.get("components", {}).get("schemas", {}))
        merged["tags"].append({"name": name})
        for path, item in document["paths"].items():
            operations = {method: {**operation, "tags": [name]} for method, operation in item.items()}
            if any("x-access" in operation or name == "gateway" for operation in operations.values()):
                for operation in operations.values():
                    operation.pop("security", None)
                merged["paths"].setdefault(path, {}).update(operations)
    return merged


def _clashes(document: Json, merged: Json) -> set[str]:
    taken = merged["components"]["schemas"]
    schemas = document.get("components", {}).get("schemas", {})
    return {name for name, schema in schemas.items() if name in taken and taken[name] != schema}


def _renamed(document: Json, names: set[str], service: str) -> Json:
    if not names:
        return document
    targets = {f"#/components/schemas/{name}": f"#/components/schemas/{service}_{name}" for name in names}

    def walk(value: Any) -> Any:  # Any: JSON in, JSON out
        if isinstance(value, dict):
            return {
                key: targets.get(item, item) if key == "$ref" and isinstance(item, str) else walk(item)
                for key, item in value.items()
            }
        return [walk(item) for item in value] if isinstance(value, list) else value

    walked: Json = walk(document)
    schemas = walked["components"]["schemas"]
    walked["components"]["schemas"] = {f"{service}_{name}" if name in names else name: schema for name, schema in schemas.items()}
    return walked


def for_viewer(document: Json) -> Json:
    """The document in the words of OpenAPI 3.0, which is what the bundled viewer reads."""
    return {**_spoken_in_3_0(document), "openapi": "3.0.3"}


def _spoken_in_3_0(value: Any) -> Any:  # Any: JSON in, JSON out
    if isinstance(value, list):
        return [_spoken_in_3_0(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {key: _spoken_in_3_0(item) for key, item in value.items()}
    if isinstance(schema.get("anyOf"), list) and {"type": "null"} in schema["anyOf"]:
        others = [item for item in schema.pop("anyOf") if item != {"type": "null"}]
        schema.update(others[0] if len(others) == 1 and "$ref" not in others[0] else {"anyOf": others}, nullable=True)
    if "const" in schema and not isinstance(schema["const"], dict):
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):
        schema["example"] = schema.pop("examples")[0]
    if isinstance(schema.get("prefixItems"), list):
        schema["items"] = {"anyOf": schema.pop("prefixItems")}
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), int | float) and not isinstance(schema[bound], bool):
            schema[limit], schema[bound] = schema[bound], True
    return schema
