"""The documents in the tree say what the code says, and no change breaks who reads them."""

import json
from pathlib import Path

import jsonschema
import pytest

from contracts.events import REGISTRY
from steward.contracts.__main__ import GENERATED, breaking, drift, generated, stored


@pytest.fixture(scope="module")
def from_code() -> dict[Path, str]:
    return generated()


def test_no_generated_document_is_out_of_date(from_code: dict[Path, str]) -> None:
    assert drift(stored(), from_code) == []


def test_no_change_breaks_a_consumer_of_the_same_version(from_code: dict[Path, str]) -> None:
    assert breaking(stored(), from_code) == []


def test_a_removed_event_is_seen_as_breaking(from_code: dict[Path, str]) -> None:
    path = GENERATED / "events" / "tiering.tier.changed.v1.json"
    without = {name: text for name, text in from_code.items() if name != path}
    assert breaking(from_code, without) == ["tiering.tier.changed.v1: the contract is gone"]
    assert drift(from_code, without) == [f"{path}: left over"]
    assert drift(without, from_code) == [f"{path}: missing"]


def test_a_renamed_field_is_seen_as_breaking_and_as_drift(from_code: dict[Path, str]) -> None:
    path = GENERATED / "events" / "tiering.tier.changed.v1.json"
    changed = json.loads(from_code[path])
    changed["properties"]["level"] = changed["properties"].pop("tier")
    changed["required"] = ["level" if name == "tier" else name for name in changed["required"]]
    after = {**from_code, path: json.dumps(changed)}
    assert "tiering.tier.changed.v1: data.tier is gone" in breaking(from_code, after)
    assert drift(from_code, after) == [f"{path}: out of date"]


def test_every_event_has_a_valid_schema_and_a_place_in_the_catalogue(from_code: dict[Path, str]) -> None:
    page = from_code[Path("docs/events.md")]
    for name in REGISTRY:
        schema = json.loads(from_code[GENERATED / "events" / f"{name}.json"])
        jsonschema.Draft202012Validator.check_schema(schema)
        assert f"## {name}" in page


def test_every_reference_of_the_asyncapi_document_leads_somewhere(from_code: dict[Path, str]) -> None:
    document = json.loads(from_code[GENERATED / "asyncapi.json"])
    files = {path.relative_to(GENERATED) for path in from_code if path.is_relative_to(GENERATED)}

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    for reference in references(document):
        if reference.startswith("#/"):
            found = document
            for part in reference[2:].split("/"):
                found = found[part]
        else:
            assert Path(reference.removeprefix("./")) in files


def test_paths_are_unique_over_all_services(from_code: dict[Path, str]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for path, text in from_code.items():
        if path.parent == GENERATED / "openapi":
            for template, item in json.loads(text)["paths"].items():
                for method in item:
                    assert seen.setdefault((method, template), path.stem) == path.stem
