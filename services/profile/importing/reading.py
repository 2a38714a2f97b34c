"""Reads CSV, Parquet and XLSX files as batches of text rows with their line numbers, in flat memory.

A CSV record is one line. A line that cannot be read (quotes left open, more fields than the header, undecodable bytes) becomes a
problem with its number; the lines around it are read. Batches are cut the same way each time, so a load can go on after one.
"""

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import polars as pl

from services.profile.importing import spreadsheet
from services.profile.importing.checking import LINE, PROBLEMS, no_problems

BLOCK_BYTES = 2 * 1024 * 1024
PARQUET_ROWS = 50_000
LONGEST_LINE_BYTES = 1024 * 1024
_EXTRA = "\x00more"


class FileUnreadable(ValueError):
    """A file whose head cannot be read: no header, a header with the same name twice, a line longer than 1 MiB, a broken
    container."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    separator: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


UTF_8 = Dialect()


@dataclass(frozen=True)
class Batch:
    """Rows of one file with text columns and `line`; `done` of `total` bytes of the file are behind it."""

    number: int
    rows: pl.DataFrame
    problems: pl.DataFrame
    done: int
    total: int


def header(path: Path, dialect: Dialect) -> list[str]:
    """The column names. Raises `FileUnreadable`."""
    if path.suffix == ".parquet":
        return _parquet_schema(path)
    if path.suffix == ".xlsx":
        with _named(path):
            return spreadsheet.names(path)
    with _opened(path) as file:
        return _header(file, dialect, path)


def batches(path: Path, dialect: Dialect, *, skip: int = 0, days: frozenset[str] = frozenset()) -> Iterator[Batch]:
    """The file from batch `skip` on. `days` are the columns in which a figure of a spreadsheet is a day's serial number."""
    if path.suffix == ".parquet":
        yield from _parquet(path, skip)
    elif path.suffix == ".xlsx":
        yield from _xlsx(path, skip, days)
    else:
        yield from _csv(path, dialect, skip)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors of a format become `FileUnreadable` with the file's name."""
    try:
        yield
    except spreadsheet.WorkbookUnreadable as error:
        raise FileUnreadable(f"{path.name}: {error}") from None
    except pl.exceptions.PolarsError:  # its message can quote content
        raise FileUnreadable(f"{path.name}: this is no whole Parquet file") from None


def _parquet_schema(path: Path) -> list[str]:
    with _named(path):
        return pl.scan_parquet(path).collect_schema().names()


def _xlsx(path: Path, skip: int, days: frozenset[str]) -> Iterator[Batch]:
    size = path.stat().st_size
    with _named(path):
        for number, rows in enumerate(spreadsheet.blocks(path, spreadsheet.names(path), days, skip=skip), start=skip):
            yield Batch(number, rows, no_problems(), size, size)


def _parquet(path: Path, skip: int) -> Iterator[Batch]:
    source = pl.scan_parquet(path)
    height = source.select(pl.len()).collect().item()
    size = path.stat().st_size
    for number, start in enumerate(range(0, height, PARQUET_ROWS)):
        if number < skip:
            continue
        rows = source.slice(start, PARQUET_ROWS).collect()
        texts = rows.select(
            pl.int_range(start + 1, start + rows.height + 1, dtype=pl.Int64).alias(LINE),
            *map(_text, rows.get_columns()),
        )
        done = size * min(start + PARQUET_ROWS, height) // height
        yield Batch(number, texts, no_problems(), done, size)


def _text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        aware = column if kind.time_zone else column.dt.replace_time_zone("UTC")
        return aware.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").alias(column.name)
    return column.cast(pl.String)


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _header(file: IO[bytes], dialect: Dialect, path: Path) -> list[str]:
    line = file.readline(LONGEST_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
    try:
        names = next(
            csv.reader([line.decode(dialect.encoding).rstrip("\r\n")], delimiter=dialect.separator, quotechar=dialect.quote),
            [],
        )
    except (UnicodeDecodeError, csv.Error):
        names = []
    names = [name.strip() for name in names]
    if not any(names) or len(set(names)) != len(names):
        raise FileUnreadable(f"{path.name}: the first line must name each column once")
    return names


def _csv(path: Path, dialect: Dialect, skip: int) -> Iterator[Batch]:
    total = path.stat().st_size
    with _opened(path) as file:
        names = _header(file, dialect, path)
        raw = getattr(file, "fileobj", file) if path.suffix == ".gz" else file
        rest, line, number = b"", 2, 0
        while block := file.read(BLOCK_BYTES):
            data, rest = _cut(rest + block)
            if len(rest) > LONGEST_LINE_BYTES:
                raise FileUnreadable(f"{path.name}: line {line + data.count(10)} is longer than {LONGEST_LINE_BYTES} bytes")
            if data and number >= skip:
                yield _batch(data, names, dialect, number, line, raw.tell(), total)
            number, line = number + 1, line + data.count(b"\n")
        if rest and number >= skip:
            yield _batch(rest, names, dialect, number, line, total, total)


def _cut(data: bytes) -> tuple[bytes, bytes]:
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _batch(data: bytes, names: list[str], dialect: Dialect, number: int, line: int, done: int, total: int) -> Batch:
    rows, problems = _parsed(data, names, dialect, line)
    return Batch(number, rows, problems, min(done, total), total)


def _parsed(data: bytes, names: list[str], dialect: Dialect, first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of whole lines. The fast way takes all at once, and is right when each line gave one row."""
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    text = _utf8(data, dialect)
    rows = None if text is None else _polars(text, names, dialect)
    if rows is None or rows.height != lines:
        return _line_by_line(data, names, dialect, first)
    rows = rows.with_columns(pl.int_range(first, first + lines, dtype=pl.Int64).alias(LINE))
    return _without_extra(rows, names)


def _utf8(data: bytes, dialect: Dialect) -> bytes | None:
    try:
        text = data.decode(dialect.encoding)
    except UnicodeDecodeError:
        return None
    return data if dialect.encoding.lower().replace("-", "") == "utf8" else text.encode()


def _polars(text: bytes, names: list[str], dialect: Dialect) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys([*names, _EXTRA], pl.String),
            separator=dialect.separator,
            quote_char=dialect.quote or None,
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError:
        return None


def _without_extra(rows: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    ragged = rows[_EXTRA].is_not_null()
    blank = rows.select(pl.all_horizontal(pl.col(name).is_null() for name in names).alias("blank")).to_series()
    problems = _problem_lines(rows.filter(ragged)[LINE].to_list(), "fields-too-many", _FIXES["fields-too-many"])
    return rows.filter(~ragged & ~blank).select(LINE, *names), problems


def _line_by_line(data: bytes, names: list[str], dialect: Dialect, first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The slow way, for a block with a broken line in it: bounded by the block."""
    good: list[tuple[int, list[str | None]]] = []
    broken: dict[str, list[int]] = {"encoding": [], "quotes-unbalanced": [], "fields-too-many": []}
    for line, raw in enumerate(data.split(b"\n"), start=first):
        try:
            text = raw.decode(dialect.encoding).rstrip("\r")
            fields = next(csv.reader([text], delimiter=dialect.separator, quotechar=dialect.quote, strict=True), [])
        except UnicodeDecodeError:
            broken["encoding"].append(line)
        except csv.Error:
            broken["quotes-unbalanced"].append(line)
        else:
            if len(fields) > len(names):
                broken["fields-too-many"].append(line)
            elif any(fields):
                good.append((line, [*fields, *([None] * (len(names) - len(fields)))]))
    columns = {name: [fields[place] for _, fields in good] for place, name in enumerate(names)}
    rows = pl.DataFrame({LINE: [line for line, _ in good], **columns}, schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)})
    return rows, pl.concat([_problem_lines(found, rule, _FIXES[rule]) for rule, found in broken.items()])


_FIXES = {
    "encoding": "Write the file in the encoding that was announced (UTF-8 by default).",
    "quotes-unbalanced": "Close every quote on its own line; a quote inside a quoted value is doubled.",
    "fields-too-many": "Give as many fields as the header has; quote a value that holds the separator.",
}


def _problem_lines(lines: list[int], rule: str, fix: str) -> pl.DataFrame:
    count = len(lines)
    return pl.DataFrame({LINE: lines, "field": [""] * count, "rule": [rule] * count, "fix": [fix] * count}, schema=PROBLEMS)
