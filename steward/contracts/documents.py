"""The OpenAPI documents of the apps and the JSON Schemas of the events, from the code as it is."""

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI

from contracts.events import REGISTRY, Event
from gateway.own import described
from steward.apps import build
from steward.contracts.schemas import Json
from steward.keys import ensure_keys
from steward.suite import APPS, Suite


@contextmanager
def apps() -> Iterator[dict[str, FastAPI]]:
    """Every app of the suite, built but not started: no server is contacted."""
    with tempfile.TemporaryDirectory() as folder:
        ensure_keys(Path(folder) / "keys")
        suite = Suite(
            folder=Path(folder),
            databases={name: f"postgresql://{name}@127.0.0.1:1/{name}" for name in APPS},
            nats_url="nats://127.0.0.1:1",
            ports=dict.fromkeys(APPS, 1),
        )
        yield {name: build(name, suite) for name in APPS if _stands(name)}


def _stands(name: str) -> bool:
    room = name if name == "gateway" else f"services.{name}"
    return importlib.util.find_spec(f"{room}.main") is not None


def openapi(name: str, app: FastAPI) -> Json:
    """The OpenAPI document of an app."""
    document: Json = app.openapi()
    return described(document) if name == "gateway" else document


def consumers(built: dict[str, FastAPI]) -> dict[str, list[str]]:
    """Which apps react to each event type."""
    found: dict[str, list[str]] = {name: [] for name in REGISTRY}
    for name, app in built.items():
        for subject in app.state.runtime.reactions.subjects:
            found[subject].append(name)
    return found


def event_schema(event: type[Event]) -> Json:
    """The JSON Schema of an event's `data`, with its subject and the field that holds the aggregate's id."""
    schema = event.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:steward:event:{event.type}",
        "x-subject": event.type,
        "x-aggregate": event.key,
        **schema,
    }
