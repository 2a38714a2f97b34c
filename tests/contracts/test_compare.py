"""The comparer of contracts tells what would break a consumer of the same version."""

import pytest
from pydantic import BaseModel

from steward.contracts.compare import event_breaks, openapi_breaks


class Part(BaseModel):
    amount: int
    note: str | None = None


class Before(BaseModel):
    customer_id: str
    tier: str
    reason: str | None = None
    part: Part | None = None
    parts: list[Part] = []


def schema(kind: type[BaseModel], **marks: str) -> dict:
    return {"x-subject": "tiering.tier.changed.v1", "x-aggregate": "customer_id", **kind.model_json_schema(), **marks}


class WithOptional(Before):
    package: str | None = None


class WithRequired(Before):
    package: str


class Renamed(BaseModel):
    customer_id: str
    level: str
    reason: str | None = None
    part: Part | None = None
    parts: list[Part] = []


class NumberTier(Before):
    tier: int  # type: ignore[assignment]  # the change under test


class NullableTier(Before):
    tier: str | None  # type: ignore[assignment]  # the change under test


class OptionalTier(Before):
    tier: str = "ordinary"


class SmallerPart(BaseModel):
    amount: int


class InnerGone(Before):
    parts: list[SmallerPart] = []  # type: ignore[assignment]  # the change under test


class InnerOptionalGone(Before):
    part: SmallerPart | None = None  # type: ignore[assignment]  # the change under test


def test_an_unchanged_event_breaks_nobody() -> None:
    assert event_breaks(schema(Before), schema(Before)) == []


def test_a_new_optional_field_breaks_nobody() -> None:
    assert event_breaks(schema(Before), schema(WithOptional)) == []


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        (WithRequired, "data.package is required now"),
        (Renamed, "data.tier is gone"),
        (NumberTier, "data.tier was string, is integer"),
        (NullableTier, "data.tier was string, is null|string"),
        (OptionalTier, "data.tier is no longer always there"),
        (InnerGone, "data.parts[].note is gone"),
        (InnerOptionalGone, "data.part.note is gone"),
    ],
)
def test_a_change_that_breaks_a_consumer_is_named(after: type[BaseModel], broken: str) -> None:
    assert broken in event_breaks(schema(Before), schema(after))


def test_another_aggregate_breaks_the_order_of_events() -> None:
    changed = schema(Before, **{"x-aggregate": "case_id"})
    assert event_breaks(schema(Before), changed) == ["x-aggregate is another"]


def test_a_lost_value_of_an_enumeration_breaks_and_a_new_one_does_not() -> None:
    two = {"properties": {"tier": {"type": "string", "enum": ["vip", "ordinary"]}}}
    three = {"properties": {"tier": {"type": "string", "enum": ["vip", "potential", "ordinary"]}}}
    assert event_breaks(two, three) == []
    assert event_breaks(three, two) == ["data.tier lost the values potential"]


def document(operation: dict | None) -> dict:
    return {"paths": {"/v1/things": {"post": operation} if operation else {}}}


def posting(body: dict, answer: dict, *, parameters: list | None = None, scope: str = "tier.read") -> dict:
    def content(shape: dict) -> dict:
        return {"content": {"application/json": {"schema": {"type": "object", **shape}}}}

    return {
        "x-access": {"scope": scope},
        "parameters": parameters or [],
        "requestBody": {"required": True, **content(body)},
        "responses": {"200": content(answer)},
    }


NAME = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
MORE = {"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}


def breaks(before: dict | None, after: dict | None) -> list[str]:
    return openapi_breaks(document(before), document(after))


def test_an_operation_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    assert breaks(posting(NAME, NAME), None) == ["POST /v1/things is gone"]
    assert breaks(None, posting(NAME, NAME)) == []


def test_a_newly_required_input_breaks_writers() -> None:
    assert breaks(posting(NAME, NAME), posting(MORE, NAME)) == ["POST /v1/things: body.age is required now"]


def test_more_in_an_answer_breaks_nobody_and_less_does() -> None:
    assert breaks(posting(NAME, NAME), posting(NAME, MORE)) == []
    assert breaks(posting(NAME, MORE), posting(NAME, NAME)) == ["POST /v1/things: answer.age is gone"]


def test_taking_in_more_types_breaks_no_writer_but_answering_more_types_breaks_readers() -> None:
    wide = {"properties": {"name": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["name"]}
    assert breaks(posting(NAME, NAME), posting(wide, NAME)) == []
    assert breaks(posting(NAME, NAME), posting(NAME, wide)) == ["POST /v1/things: answer.name was string, is null|string"]
    assert breaks(posting(wide, NAME), posting(NAME, NAME)) == ["POST /v1/things: body.name was null|string, is string"]


def test_parameters_and_access_are_part_of_the_contract() -> None:
    limit = {"in": "query", "name": "limit", "required": False, "schema": {"type": "integer"}}
    before = posting(NAME, NAME, parameters=[limit])
    assert breaks(before, posting(NAME, NAME)) == ["POST /v1/things: parameter limit is gone"]
    required = posting(NAME, NAME, parameters=[{**limit, "required": True}])
    assert breaks(before, required) == ["POST /v1/things: parameter limit is required now"]
    assert breaks(before, posting(NAME, NAME, parameters=[limit], scope="operate")) == ["POST /v1/things needs another access"]
