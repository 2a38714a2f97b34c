"""Whether a stored row says what its canonical bytes say: the columns are not signed, the bytes are."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from services.compliance.retention.rules import RetentionPolicy
from services.compliance.rules import canonical_json, instant, leaf_hash, searchable

Row: TypeAlias = Mapping[str, Any]
"""A row of the log as the driver reads it, `details` as JSON text. Any: each column has its own type."""

_AS_TEXT = ("service", "actor", "act", "purpose", "outcome", "rule", "request_id")
_IDS = ("event_id", "act_id", "customer_id")
_TIMES = ("occurred_at", "recorded_at")


def differing(row: Row, *, retention: RetentionPolicy, now: datetime) -> list[str]:
    """The columns that do not say what they should; none for a row that is right."""
    found = [] if row["retain_until"] >= retention.floor(row["recorded_at"]) else ["retain_until"]
    if row["canonical"] is None:
        return found if row["retain_until"] <= now else [*found, "canonical"]
    if leaf_hash(row["canonical"]) != row["digest"]:
        found.append("digest")
    try:
        told = json.loads(row["canonical"])
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return [*found, "canonical"]
    return found + [name for name, value in _shown(row).items() if value != _searchable(told.get(name))]


def _shown(row: Row) -> dict[str, object]:
    details = json.loads(row["details"])
    return {
        "position": row["position"],
        **{name: row[name] for name in _AS_TEXT},
        **{name: None if row[name] is None else str(row[name]) for name in _IDS},
        **{name: instant(row[name]) for name in _TIMES},
        "roles": list(row["roles"]),
        "details": json.loads(canonical_json(details)),
    }


def _searchable(value: object) -> object:
    if isinstance(value, str):
        return searchable(value)
    if isinstance(value, list):
        return [_searchable(one) for one in value]
    if isinstance(value, dict):
        return {searchable(key): _searchable(one) for key, one in value.items()}
    return value
