"""The three operations that the door answers itself, as the OpenAPI document tells them."""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.desk import AlertScriptOut, MeOut, OverviewOut
from contracts.http import Problem
from contracts.values import Scope

ME = "/v1/me"
OVERVIEW = "/v1/customers/{customer_id}/overview"
SCRIPT = "/v1/customers/{customer_id}/alerts/{alert_id}/script"

_REFERENCE = "#/components/schemas/{model}"


def described(document: dict[str, Any]) -> dict[str, Any]:  # Any: JSON documents
    """The gateway's document with `ME`, `OVERVIEW` and `SCRIPT` in it."""
    _, schemas = models_json_schema(
        [(model, "serialization") for model in (MeOut, OverviewOut, AlertScriptOut, Problem)], ref_template=_REFERENCE
    )
    known = document.get("components", {}).get("schemas", {})
    overview = _operation("Read Overview", OverviewOut, "A customer at a glance; what is missing is named.", _CUSTOMER)
    overview["x-access"] = {"scope": Scope.OVERVIEW_READ.value}
    script = _operation(
        "Read Alert Script", AlertScriptOut, "What to say about an alert, with the last digits of the account (H25).", _ALERT
    )
    script["x-access"] = {"scope": Scope.ALERT_READ.value}
    return {
        **document,
        "paths": {
            **document["paths"],
            ME: {"get": _operation("Read Me", MeOut, "Who the token stands for, and what it may do.", [])},
            OVERVIEW: {"get": overview},
            SCRIPT: {"get": script},
        },
        "components": {**document.get("components", {}), "schemas": {**schemas["$defs"], **known}},
    }


_CUSTOMER = [
    {"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    {
        "name": "X-Purpose",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Why you act; your role's default when not sent.",
    },
]


_ALERT = [
    {"name": "alert_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    *_CUSTOMER,
]


def _operation(summary: str, model: type, description: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    def answer(shape: str, media_type: str, text: str) -> dict[str, Any]:
        content = {media_type: {"schema": {"$ref": _REFERENCE.format(model=shape)}}}
        return {"description": text, "content": content}

    return {
        "summary": summary,
        "description": description,
        "operationId": summary.lower().replace(" ", "_"),
        "parameters": parameters,
        "responses": {
            "200": answer(model.__name__, "application/json", "Successful Response"),
            "401": answer("Problem", "application/problem+json", "token missing or invalid"),
            "403": answer("Problem", "application/problem+json", "not allowed"),
        },
    }
