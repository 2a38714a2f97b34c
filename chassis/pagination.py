"""Pages by cursor: an opaque mark of where the last page ended, never an offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from chassis.problems import Refusal

T = TypeVar("T")
R = TypeVar("R")

MOST = 200
"""Rows of a page at most."""


class Page(BaseModel, Generic[T]):
    """One page; `next` goes into `?cursor=` for the following one and is null on the last."""

    items: list[T]
    next: str | None = Field(default=None, description="Cursor of the following page; null on the last.")


class PageQuery:
    """The page that a caller asks for: `limit` rows after `after`, the sort key of the last row seen."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of this page.")] = 50,
        cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=500)] = None,
    ) -> None:
        self.limit = limit
        self.after: tuple[str | int, ...] | None = None if cursor is None else decode(cursor)


def encode(*key: str | int) -> str:
    """A cursor for a sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(cursor: str) -> tuple[str | int, ...]:
    """The sort key in a cursor. Raises `Refusal` 422 for one that is not ours."""
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or not key or not all(isinstance(part, str | int) for part in key):
        raise Refusal(
            422,
            "cursor-invalid",
            title="Not a cursor",
            field="query.cursor",
            fix="Use `next` of the page before, unchanged, or leave cursor out for the first page.",
        )
    return tuple(key)


def paged(rows: Sequence[R], *, limit: int, item: Callable[[R], T], key: Callable[[R], tuple[str | int, ...]]) -> Page[T]:
    """A page out of up to `limit + 1` rows: the one too many tells that there is a following page."""
    shown = rows[:limit]
    return Page(items=[item(row) for row in shown], next=encode(*key(shown[-1])) if len(rows) > limit else None)
