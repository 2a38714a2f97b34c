"""Fen times days in the windows of H2 and H3 for each customer, from rows sorted by customer and day, and one day further."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Ints: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.int32]

WINDOWS = (30, 90, 180)
BEFORE = (180, 270)
"""The 90 days that ended 180 days earlier, as days before the day after `as_of` (H3)."""
CHUNK_ROWS = 400_000
"""Few enough that the columns of a part stay in the processor's cache."""
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


def concatenated(parts: Sequence[Sums]) -> Sums:
    """One part after the other."""
    return Sums(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Sums)})


def full_sums(holdings: Path, *, as_of: date) -> Iterator[Sums]:
    """The sums of all customers in the order of the file, in parts of whole customers; memory is that of one part."""
    end, rest = _number(as_of), pl.DataFrame(schema={"customer": pl.Int64, "day": pl.Date, "fen": pl.Int64})
    scan = pl.scan_parquet(holdings).filter(pl.col("day") <= as_of).select("customer", "day", "fen")
    for chunk in scan.collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True):
        customer = chunk["customer"]
        begun = customer.search_sorted(rest["customer"][-1], side="right") if rest.height else 0
        unfinished = max(customer.search_sorted(customer[-1], side="left"), begun)
        # the customer whom the cut went through is summed apart, so that the others' columns need no copy
        parts = [pl.concat([rest, chunk[:begun]]) if begun else rest, chunk[begun:unfinished]]
        if begun == chunk.height:
            rest = parts[0]
            continue
        if found := [_sums(part.rechunk(), end) for part in parts if part.height]:
            yield concatenated(found)
        rest = chunk[unfinished:]
    if rest.height:
        yield _sums(rest.rechunk(), end)


def _sums(rows: pl.DataFrame, end: int) -> Sums:
    customer, day, fen = (rows[name].to_physical().to_numpy() for name in ("customer", "day", "fen"))
    starts = np.concatenate(([0], np.flatnonzero(customer[1:] != customer[:-1]) + 1))
    last = np.concatenate((starts[1:], [len(day)])) - 1
    following = np.empty_like(day)
    following[:-1] = day[1:]
    following[last] = end + 1
    held = np.empty(len(day) + 1, np.int64)
    held[0] = 0
    np.cumsum(fen * (following - day), out=held[1:])

    def until(x: int) -> Ints:
        """Fen times days before day `x`."""
        found = _rows_before(x, day, following, starts, last, end)
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


def _rows_before(x: int, day: Days, following: Days, starts: Ints, last: Ints, end: int) -> Ints:
    """The last row of each customer before day `x`; before the customer's first row where there is none.

    With a row for every day it is found by counting back; other customers' rows are searched for.
    """
    found = last - (end + 1 - x)
    near = np.maximum(found, starts)
    hit = (found >= starts) & (day[near] < x) & (following[near] >= x)
    for place in np.flatnonzero(~hit & (day[starts] < x)):
        found[place] = starts[place] + np.searchsorted(day[starts[place] : last[place] + 1], x) - 1
    return np.where(day[starts] < x, found, starts - 1)


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
