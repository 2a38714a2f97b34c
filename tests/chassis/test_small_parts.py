"""Clock, ids, cursors, logs."""

import logging
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import RFC_4122

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import SHANGHAI, Clock
from chassis.dead_letters import reason_of
from chassis.ids import new_id
from chassis.logs import JsonFormatter
from chassis.pagination import decode, encode, paged
from chassis.problems import Refusal
from chassis.secret_files import write_once, write_over


def test_the_clock_moves_and_its_day_is_shanghai_s() -> None:
    clock = Clock(timedelta(days=1))
    assert timedelta(hours=23) < clock.now() - datetime.now(UTC) < timedelta(hours=25)
    clock.advance(timedelta(days=-1))
    assert clock.today() == datetime.now(SHANGHAI).date()


def test_ids_are_version_7_unique_and_sorted_by_the_order_they_were_made_in() -> None:
    made = [new_id() for _ in range(10_000)]
    first = made[0]
    assert (first.version, first.variant) == (7, RFC_4122)
    assert made == sorted(set(made))
    assert abs(int(first.hex[:12], 16) / 1000 - time.time()) < 5


@given(st.lists(st.one_of(st.text(), st.integers(-(2**60), 2**60)), min_size=1, max_size=4))
def test_a_cursor_gives_its_key_back(key: list[str | int]) -> None:
    assert decode(encode(*key)) == tuple(key)


@pytest.mark.parametrize("text", ["", "!", "e30", "W10", "WzEuNV0", "W1tdXQ", "中文", "x" * 300])
def test_whatever_is_not_a_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        decode(text)
    assert (caught.value.problem.rule, caught.value.problem.status) == ("cursor-invalid", 422)


@given(st.integers(0, 30), st.integers(1, 10))
def test_pages_show_every_row_once(count: int, limit: int) -> None:
    rows, seen, after = list(range(count)), [], -1
    while True:
        page = paged([row for row in rows if row > after][: limit + 1], limit=limit, item=str, key=lambda row: (row,))
        seen += page.items
        if page.next is None:
            break
        after = int(decode(page.next)[0])
    assert seen == [str(row) for row in rows]


def test_a_log_line_tells_an_error_by_class_and_place_and_never_by_its_text() -> None:
    with pytest.raises(ValueError, match="1101") as caught:
        int("110101199003074477x")
    info = (ValueError, caught.value, caught.value.__traceback__)
    record = logging.LogRecord("chassis.x", logging.ERROR, "p", 1, "fault", None, info)
    record.event_id = "e-1"
    line = orjson.loads(JsonFormatter().format(record))
    assert (line["message"], line["event_id"], line["level"]) == ("fault", "e-1", "error")
    assert line["exception"].startswith("ValueError at test_small_parts.py:")
    assert "110101199003074477" not in orjson.dumps(line).decode()
    assert reason_of(caught.value) == line["exception"]


def test_a_secret_file_is_its_owners_alone_is_made_once_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.json"
    write_once(path, b"first")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"first", 0o600)
    with pytest.raises(FileExistsError):
        write_once(path, b"second")
    assert path.read_bytes() == b"first"
    write_over(path, b"third")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"third", 0o600)
    assert [found.name for found in path.parent.iterdir()] == ["key.json"]
