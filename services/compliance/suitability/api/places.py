"""Cursors of lists that are in order of time."""

from datetime import datetime
from uuid import UUID

from contracts.values import CursorForeign


def place_key(at: datetime, row_id: UUID) -> tuple[str, str]:
    """The cursor's key for a row."""
    return at.isoformat(), str(row_id)


def place_of(after: tuple[str | int, ...] | None) -> tuple[datetime, UUID] | None:
    """The place in a cursor. Raises `CursorForeign`."""
    if after is None:
        return None
    try:
        at, row_id = (str(part) for part in after)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(row_id)
    except ValueError:
        raise CursorForeign(field="query.cursor") from None
