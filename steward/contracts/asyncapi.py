"""The AsyncAPI 3 document: which events travel, who sends them, who takes them in."""

from collections.abc import Mapping, Sequence

from contracts.events import REGISTRY, Envelope
from steward.contracts.schemas import Json

_DESCRIPTION = (
    "Events of Steward: CloudEvents 1.0 in structured JSON over NATS JetStream. The subject is the event's type. "
    "Delivery is at least once; the events of one aggregate are numbered in `aggregateversion`."
)


def asyncapi(schemas: Mapping[str, Json], consumers: Mapping[str, Sequence[str]]) -> Json:
    """The document for events with these schemas and consumers."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Steward events", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/cloudevents+json",
        "channels": {_id(name): _channel(name) for name in sorted(schemas)},
        "operations": _operations(consumers),
        "components": {
            "messages": {_id(name): _message(name) for name in sorted(schemas)},
            "schemas": {"Envelope": Envelope.model_json_schema(ref_template="#/components/schemas/{model}")},
        },
    }


def _id(name: str) -> str:
    return name.replace(".", "_")


def _channel(name: str) -> Json:
    return {
        "address": name,
        "messages": {_id(name): {"$ref": f"#/components/messages/{_id(name)}"}},
        "description": (REGISTRY[name].__doc__ or "").strip().splitlines()[0],
    }


def _message(name: str) -> Json:
    return {
        "name": name,
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {"type": "object", "properties": {"type": {"const": name}, "data": {"$ref": f"./events/{name}.json"}}},
            ]
        },
    }


def _operations(consumers: Mapping[str, Sequence[str]]) -> Json:
    found: Json = {}
    for name, takers in sorted(consumers.items()):
        sender = REGISTRY[name].service()
        found[f"{sender}_sends_{_id(name)}"] = _operation("send", name)
        for taker in takers:
            found[f"{taker}_takes_{_id(name)}"] = _operation("receive", name)
    return found


def _operation(action: str, name: str) -> Json:
    return {"action": action, "channel": {"$ref": f"#/channels/{_id(name)}"}}
