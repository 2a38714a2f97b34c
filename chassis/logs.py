"""Logs: one JSON object a line, with ids, codes and numbers only. Exceptions are told by class and place, not by text."""

import logging
import sys
from datetime import UTC, datetime

import orjson

from chassis.dead_letters import reason_of

_KNOWN = frozenset(vars(logging.makeLogRecord({})))


class JsonFormatter(logging.Formatter):
    """A record as JSON; what was given as `extra` is merged in."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _KNOWN})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = reason_of(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def configure(level: str = "INFO") -> None:
    """Send all logs of this process to standard error as JSON. Libraries speak from warning on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("chassis", "services", "gateway", "steward"):
        logging.getLogger(name).setLevel(level)
