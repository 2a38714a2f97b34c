"""Logs: one JSON object a line, with ids, codes and numbers only (H20).

What may stand in a line is an allow-list: the fields of `FIELDS`, and text without names and numbers of people. Exceptions are
told by class and place, not by text. A field that is not on the list is dropped, and its name is told, so that it is noticed.
"""

import logging
import re
import sys
from datetime import UTC, datetime

import orjson

from chassis.dead_letters import reason_of

FIELDS = frozenset(
    {
        "answer",
        "attempt",
        "error",
        "event_id",
        "freeze_id",
        "kind",
        "place",
        "reason",
        "request_id",
        "rows",
        "rule",
        "seconds",
        "service",
        "status",
        "subject",
    }
)
"""What code may give as `extra`. A new field is added here, where it is seen that it is an id, a code or a number."""

_KNOWN = frozenset(vars(logging.makeLogRecord({})))
_LONGEST = 500
_ID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_PERSONAL = re.compile(rf"({_ID})|[0-9][0-9 -]{{5,}}[0-9Xx]|\S+@\S+|[^\x20-\x7e]+")


def plain(text: str) -> str:
    """Text with all that could name a person taken out: rows of seven digits and more, mail addresses, what is not ASCII."""
    return _PERSONAL.sub(lambda found: found[1] or "*", text[:_LONGEST])


class JsonFormatter(logging.Formatter):
    """A record as JSON, with what was given as `extra` as far as it is allowed."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": plain(record.getMessage()),
        }
        given = {name: value for name, value in vars(record).items() if name not in _KNOWN}
        line.update({name: _value(value) for name, value in given.items() if name in FIELDS})
        if dropped := sorted(name for name in given if name not in FIELDS):
            line["dropped"] = [plain(name) for name in dropped]
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = plain(reason_of(record.exc_info[1]))
        return orjson.dumps(line).decode()


def _value(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else plain(str(value))


def configure(level: str = "INFO") -> None:
    """Send all logs of this process to standard error as JSON. Libraries speak from warning on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("chassis", "services", "gateway", "steward"):
        logging.getLogger(name).setLevel(level)
