"""What leaves passes through the policy: answers hold masked types, events hold codes, ids and days (H20)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.ids import new_id
from contracts.disclosure import Audience, disclosure_policy, disclosure_to
from contracts.disclosure.shown import MARK
from contracts.events import REGISTRY
from contracts.events.audit import GatewayAudited
from contracts.values import Purpose
from tests.support.servers import ROOT

Json = dict[str, Any]

OPENAPI = sorted((ROOT / "contracts/generated/openapi").glob("*.json"))
NAMES = {
    name: field.value
    for field, rule in disclosure_policy().fields.items()
    for name in rule.names
    if not disclosure_to(Audience.INSIDE).sees(field)
}
"""How answers call what is never shown whole."""

ANOTHER_MEANING = {
    ("CalendarOut", "name"): "of a holiday calendar",
    ("Definition", "name"): "of a measure",
    ("ManualReasonOut", "name"): "of a reason",
    ("RetentionClassOut", "name"): "of a class of entries",
    ("EntitlementOut", "name"): "of a service",
    **{("RevealedOut", field): "whole by right: granted for a purpose, once, and audited" for field in NAMES},
    ("Cadence", "name"): "of a cadence",
    ("Package", "name"): "of a service package",
    ("TierOut", "name"): "of a tier",
}
"""Schemas and fields whose name is one of those and whose value is nobody's data, with the reason."""


def answered(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Schema, name and schema of every property that some answer of the document can hold."""
    schemas = document.get("components", {}).get("schemas", {})
    waiting = [
        content["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for answer in operation.get("responses", {}).values()
        for content in answer.get("content", {}).values()
        if "schema" in content
    ]
    seen: set[str] = set()
    while waiting:
        for name in references(waiting.pop()) - seen:
            seen.add(name)
            waiting.append(schemas[name])
            for field, schema in schemas[name].get("properties", {}).items():
                yield name, field, schema


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {str(value["$ref"]).rpartition("/")[2]} if "$ref" in value else set()
        return own.union(*(references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(references(inner) for inner in value))
    return set()


def unmasked(document: Json) -> list[str]:
    return [
        f"{schema}.{field}"
        for schema, field, found in answered(document)
        if field in NAMES and f'"{MARK}"' not in json.dumps(found) and (schema, field) not in ANOTHER_MEANING
    ]


@pytest.mark.parametrize("path", OPENAPI, ids=lambda path: path.stem)
def test_every_answers_field_that_is_called_like_personal_data_has_a_masked_type(path) -> None:
    assert unmasked(json.loads(path.read_text())) == []


def test_an_unmasked_field_would_be_found() -> None:
    document = json.loads((ROOT / "contracts/generated/openapi/profile.json").read_text())
    del document["components"]["schemas"]["CustomerOut"]["properties"]["phone"]["anyOf"][0][MARK]
    assert unmasked(document) == ["CustomerOut.phone"]


def free_texts(value: object, place: str) -> Iterator[str]:
    """Places of a schema where any text would fit."""
    if isinstance(value, list):
        for inner in value:
            yield from free_texts(inner, place)
    if not isinstance(value, dict):
        return
    if value.get("type") == "string" and not {"pattern", "enum", "const", "format"} & set(value):
        yield place
    if isinstance(value.get("additionalProperties"), dict) and not {"pattern", "enum", "$ref"} & set(
        value.get("propertyNames", {})
    ):
        yield f"{place}.<key>"
    for name, inner in value.items():
        yield from free_texts(inner, f"{place}.{name}" if isinstance(inner, dict) else place)


@pytest.mark.parametrize("event", REGISTRY.values(), ids=lambda event: event.type)
def test_no_event_has_room_for_text(event) -> None:
    assert list(free_texts(event.model_json_schema(), event.type)) == [], "use contracts.events.Code"


@pytest.mark.parametrize("said", ["王小明", "wang@example.com", "a note of a person"])
def test_text_in_an_event_is_refused_where_it_is_made(said) -> None:
    whole = {"act_id": new_id(), "actor": "u", "act": "case.read", "purpose": Purpose.SERVICE}
    GatewayAudited(**whole, details={"rows": 1})
    for wrong in ({"act": said}, {"details": {"note": said}}, {"details": {said: 1}}, {"rule": said}):
        with pytest.raises(ValidationError):
            GatewayAudited(**{**whole, **wrong})
