"""Fen times days in the windows of H2 and H3 for each customer, from rows sorted by customer and day, and one day further."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Ints: TypeAlias = npt.NDArray[np.int64]

WINDOWS = (30, 90, 180)
BEFORE = (180, 270)
"""The 90 days that ended 180 days earlier, as days before the day after `as_of` (H3)."""
CHUNK_ROWS = 2_000_000
_EPOCH = date(1970, 1, 1)
_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns over customers: fen times days of the last 30, 90 and 180 days and of the 90 days that ended 180 days earlier,
    the value at the end of the day, and the first day known (days since 1970)."""

    customer: Ints
    in_30: Ints
    in_90: Ints
    in_180: Ints
    in_90_before: Ints
    last: Ints
    known_from: Ints

    @property
    def assets(self) -> dict[str, Ints]:
        """Daily averages by fact, rounded down."""
        return {f"assets_{days}_fen": getattr(self, f"in_{days}") // days for days in WINDOWS}

    def growth(self, as_of: date) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Growth in basis points towards zero, and where it is known: all 90 days known and something to compare to."""
        known = (self.known_from <= _number(as_of) + 1 - BEFORE[1]) & (self.in_90_before > 0)
        divisor = np.where(known, self.in_90_before, 1)
        change = (self.in_90 - self.in_90_before) * _BASIS
        return np.sign(change) * (np.abs(change) // divisor), known

    def frame(self) -> pl.DataFrame:
        """As a table, to be kept until the next day."""
        return pl.DataFrame({field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Self:
        """The same back."""
        return cls(**{field.name: frame[field.name].to_numpy() for field in fields(cls)})


def full_sums(holdings: Path, *, as_of: date) -> Iterator[Sums]:
    """The sums of all customers in the order of the file, in parts of whole customers; memory is that of one part."""
    rest: pl.DataFrame | None = None
    scan = pl.scan_parquet(holdings).filter(pl.col("day") <= as_of).select("customer", "day", "fen")
    for chunk in scan.collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True):
        rows = chunk if rest is None else pl.concat([rest, chunk])
        unfinished = rows["customer"].search_sorted(rows["customer"][-1], side="left")
        rest = rows[unfinished:]
        if unfinished:
            yield _sums(rows[:unfinished], _number(as_of))
    if rest is not None and rest.height:
        yield _sums(rest, _number(as_of))


def _sums(rows: pl.DataFrame, end: int) -> Sums:
    customer, day, fen = (rows[name].to_physical().to_numpy() for name in ("customer", "day", "fen"))
    starts = np.flatnonzero(np.concatenate(([True], customer[1:] != customer[:-1])))
    last = np.concatenate((starts[1:], [len(day)])) - 1
    following = np.empty(len(day), np.int64)
    following[:-1] = day[1:]
    following[last] = end + 1
    held = np.empty(len(day) + 1, np.int64)
    held[0] = 0
    np.cumsum(fen * (following - day), out=held[1:])
    ordinal = np.repeat(np.arange(len(starts), dtype=np.int64), last - starts + 1)
    keys = (ordinal << 32) + day

    def until(x: int) -> Ints:
        """Fen times days before day `x`."""
        found = np.searchsorted(keys, (np.arange(len(starts), dtype=np.int64) << 32) + x) - 1
        inside = np.maximum(found, starts)
        amount = held[inside] - held[starts] + fen[inside] * (np.minimum(following[inside], x) - day[inside])
        return np.where(found < starts, 0, amount)

    whole = held[last + 1] - held[starts]
    at = {days: until(end + 1 - days) for days in (*WINDOWS, BEFORE[1])}
    return Sums(
        customer=customer[starts],
        in_30=whole - at[30],
        in_90=whole - at[90],
        in_180=whole - at[180],
        in_90_before=at[BEFORE[0]] - at[BEFORE[1]],
        last=fen[last],
        known_from=day[starts].astype(np.int64),
    )


def next_day(before: Sums, *, new: Ints, leaving: dict[int, Ints]) -> Sums:
    """The sums one day later. `new`: the values of the new day; `leaving`: those of the days that leave the windows, 30, 90, 180
    and 270 days before the new day. All columns are in the order of `before`; days before the first one known are 0."""
    return Sums(
        customer=before.customer,
        in_30=before.in_30 + new - leaving[30],
        in_90=before.in_90 + new - leaving[90],
        in_180=before.in_180 + new - leaving[180],
        in_90_before=before.in_90_before + leaving[BEFORE[0]] - leaving[BEFORE[1]],
        last=new,
        known_from=before.known_from,
    )


def leaving_days(new_day: date) -> dict[int, date]:
    """The days whose values `next_day` needs, beside the new one."""
    return {days: new_day - timedelta(days=days) for days in (*WINDOWS, BEFORE[1])}


def _number(day: date) -> int:
    return (day - _EPOCH).days
