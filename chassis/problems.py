"""Errors over HTTP: RFC 9457 problem details that name the rule, the place and the fix, and never quote the input."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.http import FieldProblem, Problem
from contracts.values import RuleBroken

MEDIA_TYPE = "application/problem+json"


class Refusal(HTTPException):
    """A request that the edge refuses: which status, which rule, and how to satisfy it.

    An HTTPException, because FastAPI lets only those through while it reads a body.
    """

    def __init__(
        self,
        status: int,
        rule: str,
        *,
        title: str,
        detail: str = "",
        fix: str = "",
        field: str | None = None,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, rule, dict(headers or {}))
        self.problem = Problem(
            type=f"urn:steward:problem:{rule}",
            title=title,
            status=status,
            detail=detail,
            rule=rule,
            fix=fix,
            field=field,
            fields=list(fields),
        )

    def response(self, request_id: str | None = None) -> Response:
        """The answer for the caller."""
        body = self.problem.model_dump(mode="json", exclude_none=True)
        if not body["fields"]:
            del body["fields"]
        if request_id:
            body["request_id"] = request_id
        return Response(orjson.dumps(body), self.problem.status, self.headers, MEDIA_TYPE)


def from_rule(error: RuleBroken, status: int) -> Refusal:
    """The refusal that a broken business rule becomes at a route."""
    words = error.rule.replace("-", " ").capitalize()
    return Refusal(status, error.rule, title=words, detail=error.detail, fix=error.fix, field=error.field)


def from_validation(errors: Sequence[Mapping[str, Any]]) -> Refusal:  # Any: pydantic's error rows
    """The refusal for input that does not have its shape. Rules and places are told, values never."""
    fields = [FieldProblem(field=_place(row), rule=str(row["type"]), fix=_fix(row)) for row in errors[:50]]
    status = 400 if any(row["type"] == "json_invalid" for row in errors) else 422
    return Refusal(
        status,
        "body-malformed" if status == 400 else "input-invalid",
        title="The input does not have its shape",
        detail=f"{len(errors)} place(s) are wrong",
        fix="Correct the fields that are named and send the request again.",
        field=fields[0].field if fields else None,
        fields=fields,
    )


_NAME = re.compile(r"[A-Za-z_-]{1,40}")

_QUOTES_NOTHING = frozenset(
    {
        "missing", "string_too_long", "string_too_short", "string_type", "string_pattern_mismatch", "int_type", "int_from_float",
        "float_type", "bool_type", "bool_parsing", "int_parsing", "decimal_parsing", "decimal_max_places", "decimal_max_digits",
        "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of", "finite_number", "list_type",
        "too_long", "too_short", "dict_type", "model_type", "model_attributes_type", "enum", "literal_error", "date_type",
        "datetime_type", "date_future", "date_past", "timezone_aware", "extra_forbidden", "frozen_set_type", "set_type",
    }
)  # fmt: skip
"""Kinds of pydantic errors whose advice holds limits and allowed values only. The others can quote what was sent."""


def _place(row: Mapping[str, Any]) -> str:  # Any: pydantic's error rows
    """Where the wrong value stands. A name that cannot be a field's, as a caller may send one, is not repeated."""
    return ".".join(str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "?" for part in row["loc"]) or "body"


def _fix(row: Mapping[str, Any]) -> str:  # Any: pydantic's error rows
    """Pydantic's advice where it cannot quote the value; else the rule's own fix, or the rule's name."""
    kind = str(row["type"])
    if kind in _QUOTES_NOTHING:
        return str(row["msg"])
    own = getattr((row.get("ctx") or {}).get("error"), "fix", "")
    return own or f"Send a value that keeps the rule {kind.replace('_', ' ')}; see the schema of this operation."


def away(detail: str) -> Refusal:
    """Something that the answer needs is away; the same request may succeed soon."""
    return Refusal(
        503,
        "try-again",
        title="Not available at this moment",
        detail=detail,
        fix="Send the same request again after the seconds in Retry-After, with the same Idempotency-Key.",
        headers={"Retry-After": "1"},
    )


def broken() -> Refusal:
    """A fault of ours; the request id leads to it in the log."""
    return Refusal(
        500, "internal-error", title="A fault on our side", fix="Tell the operators the request_id; nothing was changed."
    )
