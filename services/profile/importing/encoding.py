"""Rows as PostgreSQL's binary COPY format, built as whole columns with NumPy.

The format: an 11-byte signature, flags and extension length; for each row the number of fields (int16) and for each field its
length (int32, -1 for null) and bytes in network order; at the end -1 (int16). PostgreSQL, "COPY", Binary Format.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
BLOCK_ROWS = 32_768
_EPOCH_DAYS = 10_957
_EPOCH_MICROSECONDS = _EPOCH_DAYS * 86_400_000_000
_NULL = -1

Bytes = npt.NDArray[np.uint8]
Lengths = npt.NDArray[np.int64]

_NUMBERS: dict[str, tuple[str, pl.DataType, int]] = {
    "date": (">i4", pl.Int32(), _EPOCH_DAYS),
    "timestamptz": (">i8", pl.Int64(), _EPOCH_MICROSECONDS),
    "bigint": (">i8", pl.Int64(), 0),
    "int": (">i4", pl.Int32(), 0),
    "bool": (">u1", pl.UInt8(), 0),
}
"""Type in the stream, type to read the column as, and what to subtract (PostgreSQL counts from 2000-01-01)."""


@dataclass(frozen=True)
class _Cells:
    """A column: the bytes of its values one after the other, and the length of each, -1 for null."""

    lengths: Lengths
    data: Bytes


def copy_stream(rows: pl.DataFrame, columns: Mapping[str, str]) -> Iterator[bytes]:
    """`rows` as a COPY stream. `columns` maps the columns, in order, to their SQL types (text, bytea, uuid, date, timestamptz,
    bigint, int, bool); uuid and bytea are Binary columns."""
    yield HEAD
    for block in rows.select(list(columns)).iter_slices(BLOCK_ROWS):
        yield _encoded([_cells(block[name], kind) for name, kind in columns.items()], block.height)
    yield TAIL


def _cells(column: pl.Series, kind: str) -> _Cells:
    if kind in _NUMBERS:
        return _numbers(column, kind)
    if kind == "text":
        lengths = column.str.len_bytes().cast(pl.Int64).fill_null(_NULL).to_numpy()
        joined = column.str.join("").item() or ""
        return _Cells(lengths, np.frombuffer(joined.encode(), np.uint8))
    lengths = column.bin.size().cast(pl.Int64).fill_null(_NULL).to_numpy()
    return _Cells(lengths, np.frombuffer(b"".join(column.drop_nulls().to_list()), np.uint8))


def _numbers(column: pl.Series, kind: str) -> _Cells:
    stream_type, read_type, epoch = _NUMBERS[kind]
    width = np.dtype(stream_type).itemsize
    null = column.is_null()
    known = column.drop_nulls() if null.any() else column
    values = (known.cast(read_type).to_numpy() - epoch).astype(stream_type)
    lengths = np.where(null.to_numpy(), _NULL, width).astype(np.int64)
    return _Cells(lengths, values.view(np.uint8))


def _encoded(columns: list[_Cells], height: int) -> bytes:
    """Each field's bytes are put where they belong: no loop over rows."""
    sizes = [np.maximum(cells.lengths, 0) for cells in columns]
    row_sizes = np.full(height, 2 + 4 * len(columns), np.int64)
    for size in sizes:
        row_sizes += size
    ends = np.cumsum(row_sizes)
    out = np.empty(int(ends[-1]), np.uint8)
    place = ends - row_sizes
    _scatter(out, place, np.tile(np.frombuffer(len(columns).to_bytes(2, "big"), np.uint8), (height, 1)))
    place += 2
    for cells, size in zip(columns, sizes, strict=True):
        _scatter(out, place, cells.lengths.astype(">i4").view(np.uint8).reshape(height, 4))
        place += 4
        if cells.data.size:
            _scatter_ragged(out, place, size, cells.data)
        place += size
    return out.tobytes()


def _scatter(out: Bytes, place: Lengths, fields: Bytes) -> None:
    out[place[:, None] + np.arange(fields.shape[1])] = fields


def _scatter_ragged(out: Bytes, place: Lengths, size: Lengths, data: Bytes) -> None:
    width = int(size[0])
    if width * size.size == data.size and (size == width).all():
        _scatter(out, place, data.reshape(size.size, width))
        return
    starts = np.cumsum(size) - size
    out[np.repeat(place - starts, size) + np.arange(data.size)] = data
