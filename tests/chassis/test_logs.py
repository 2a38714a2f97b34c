"""Log lines hold ids, codes and numbers only (H20)."""

import logging
import re

import orjson
import pytest

from chassis.logs import FIELDS, JsonFormatter, plain
from tests.support.servers import ROOT

EVENT = "0190a000-0000-7000-8000-000000000001"
DIGITS_ONLY_TAIL = "01234567-0000-7000-8000-012345678901"


def line(message: str, *arguments: object, error: Exception | None = None, **extra: object) -> dict:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, "args": arguments, **extra})
    if error is not None:
        record.exc_info = (type(error), error, None)
    return orjson.loads(JsonFormatter().format(record))


@pytest.mark.parametrize(
    "said",
    [
        "110101199003077512",
        "110101900307771",
        "13812345678",
        "138 1234 5678",
        "6228 4804 0256 4890 018",
        "wang@example.com",
        "王小明",
    ],
)
def test_what_names_a_person_never_gets_into_a_line(said):
    written = line("done %s", said, error=ValueError(said), reason=f"refused {said}", customer=said, **{said: 1})
    assert said not in str(written)
    assert said.replace(" ", "") not in str(written)
    assert written["message"] == "done *"
    assert written["reason"] == "refused *"


def test_ids_and_numbers_stay_as_they_are():
    written = line("event retried", event_id=EVENT, subject="profile.customer.changed.v1", attempt=3, rows=12_345_678)
    assert {written[name] for name in ("event_id", "subject", "attempt", "rows")} == {
        EVENT, "profile.customer.changed.v1", 3, 12_345_678,
    }  # fmt: skip
    assert plain(DIGITS_ONLY_TAIL) == DIGITS_ONLY_TAIL


def test_a_field_that_nobody_allowed_is_dropped_and_named():
    written = line("done", name="王小明", colour="red")
    assert "colour" not in written
    assert written["dropped"] == ["colour"]


def test_every_field_that_the_code_logs_is_allowed():
    used = set()
    for folder in ("chassis", "services", "gateway", "steward"):
        for path in (ROOT / folder).rglob("*.py"):
            for given in re.findall(r"\bextra=\{([^}]*)\}", path.read_text()):
                used |= set(re.findall(r'"(\w+)":', given))
    assert {"error", "event_id"} <= used
    assert used - {"x"} <= FIELDS
