"""Blocks of rows to files of the import format: CSV is appended to, Parquet gets a part file for each block."""

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from typing import Literal

import polars as pl

FileFormat = Literal["csv", "parquet"]
KINDS = ("customers", "products", "accounts", "balances", "transactions", "behaviour", "facts", "assessments")
TRUTH = "truth"
MONEY = pl.Decimal(18, 2)


class Writer:
    """Writes the files of one bank into `out`, replacing an earlier bank's.

    With one block, `<kind>.parquet` is a file; with more, `<kind>/part-00000.parquet` and so on. `truth` is always CSV.
    """

    def __init__(self, out: Path, *, file_format: FileFormat, blocks: int) -> None:
        self.out, self._format, self._blocks = out, file_format, blocks
        self.rows: dict[str, int] = {}
        out.mkdir(parents=True, exist_ok=True)
        for kind in (*KINDS, TRUTH):
            _remove(out, kind)

    def write(self, kind: str, frame: pl.DataFrame, *, block: int) -> None:
        """Add a block's rows to a kind of file."""
        self.rows[kind] = self.rows.get(kind, 0) + frame.height
        if self._format == "csv" or kind == TRUTH:
            self._append(kind, frame)
        elif self._blocks == 1 or kind == "products":
            frame.write_parquet(self.out / f"{kind}.parquet")
        else:
            folder = self.out / kind
            folder.mkdir(exist_ok=True)
            frame.write_parquet(folder / f"part-{block:05d}.parquet")

    def _append(self, kind: str, frame: pl.DataFrame) -> None:
        path = self.out / f"{kind}.csv"
        header = not path.exists()
        with path.open("ab") as file:
            frame.write_csv(file, include_header=header, datetime_format="%Y-%m-%dT%H:%M:%S%:z")


def _remove(out: Path, kind: str) -> None:
    for path in (out / f"{kind}.csv", out / f"{kind}.parquet"):
        path.unlink(missing_ok=True)
    parts = out / kind
    if parts.is_dir() and all(part.name.startswith("part-") for part in parts.iterdir()):
        rmtree(parts)


def yuan(column: str) -> pl.Expr:
    """Fen to an exact decimal in yuan."""
    return (pl.col(column).cast(pl.Decimal(38, 2)) / 100).cast(MONEY).alias(column)


def text(name: str, values: Sequence[str | None]) -> pl.Series:
    """A column of text, also when every value is missing."""
    return pl.Series(name, values, dtype=pl.String)
