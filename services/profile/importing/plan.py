"""Which files an import reads, in which order, as batches of rows in our own columns."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from services.profile.importing.checking import LINE, PROBLEMS, no_problems
from services.profile.importing.kinds import KINDS
from services.profile.importing.mapping import Mapped, Rows, read_mapping
from services.profile.importing.reading import UTF_8, Batch, Dialect, FileUnreadable, batches, header

_UNREAD = "Nothing reads this column. Correct its name, or leave it out."
_NAME = re.compile(r"(?!.*\d{4})[\w .-]{1,40}")
"""What a column may be called to be named in a report: a line of data in the place of the header is not repeated."""
SUFFIXES = (".csv", ".csv.gz", ".parquet", ".xlsx")


@dataclass(frozen=True)
class Source:
    """One file's rows of one kind. `digest` names content, kind, mapping and day, so that a load can go on where it stopped."""

    kind: str
    file: str
    path: Path | None
    mapped: Mapped | None = None
    rows: Rows | None = None
    constants: tuple[tuple[tuple[str, str], ...], ...] = ()
    dialect: Dialect = UTF_8

    def digest(self, dated: date) -> str:
        """BLAKE2b over what the rows come from, and the day for which they are true."""
        origin = f"{self.kind}|{self.rows!r}|{self.constants!r}|{self.dialect!r}|{dated}"
        state = hashlib.blake2b(origin.encode(), digest_size=16)
        if self.path is not None:
            with self.path.open("rb") as file:
                while block := file.read(1 << 20):
                    state.update(block)
        return state.hexdigest()

    def unread(self) -> pl.DataFrame:
        """A problem for each column of the header that the kind does not know. Raises `FileUnreadable`."""
        if self.path is None or self.mapped is not None:
            return no_problems()
        known = KINDS[self.kind].columns
        names = [
            name if _NAME.fullmatch(name) else f"column {place}"
            for place, name in enumerate(header(self.path, self.dialect), start=1)
            if name not in known
        ]
        told = {LINE: [1] * len(names), "field": names, "rule": ["column-unknown"] * len(names), "fix": [_UNREAD] * len(names)}
        return pl.DataFrame(told, schema=PROBLEMS)

    def batches(self, *, skip: int) -> Iterator[Batch]:
        """The rows from batch `skip` on. Raises `FileUnreadable`."""
        if self.path is None:
            if not skip:
                yield _constant(self.constants)
        elif self.mapped is not None and self.rows is not None:
            yield from self.mapped.batches(self.kind, self.rows, skip=skip)
        else:
            names = header(self.path, self.dialect)
            missing = [name for name in KINDS[self.kind].required if name not in names]
            if missing:
                raise FileUnreadable(f"{self.file}: the header lacks {', '.join(missing)}")
            yield from batches(self.path, self.dialect, skip=skip, days=KINDS[self.kind].days)


def sources(directory: Path, mapping: Path | None, encoding: str) -> list[Source]:
    """The files of a folder in loading order; `encoding` is that of CSV files without a mapping. Raises `FileUnreadable` when
    there are none, `MappingBroken`."""
    if not directory.is_dir():
        raise FileUnreadable(f"{directory} is no folder")
    found = (
        _through(Mapped(read_mapping(mapping), directory))
        if mapping is not None
        else _plain(directory, Dialect(encoding=encoding))
    )
    if not found:
        raise FileUnreadable(f"{directory} holds no file of a known kind: {', '.join(KINDS)} as .csv, .csv.gz, .parquet or .xlsx")
    return found


def _plain(directory: Path, dialect: Dialect) -> list[Source]:
    found = []
    for kind in KINDS:
        paths = [directory / f"{kind}{suffix}" for suffix in SUFFIXES]
        parts = [path for suffix in SUFFIXES for path in (directory / kind).glob(f"part-*{suffix}")]
        found += [
            Source(kind, str(path.relative_to(directory)), path, dialect=dialect)
            for path in [*paths, *sorted(parts)]
            if path.is_file()
        ]
    return found


def _through(mapped: Mapped) -> list[Source]:
    found = []
    for kind in KINDS:
        rows = mapped.mapping.constants.get(kind)
        if rows:
            found.append(Source(kind, "mapping", None, constants=tuple(tuple(row.items()) for row in rows)))
        for part in mapped.mapping.kinds.get(kind, []):
            path = mapped.path(part.source)
            found.append(Source(kind, path.name, path, mapped, part))
    return found


def _constant(rows: tuple[tuple[tuple[str, str], ...], ...]) -> Batch:
    frame = pl.DataFrame([dict(row) for row in rows], infer_schema_length=None)
    frame = frame.with_columns(pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias(LINE))
    return Batch(0, frame, no_problems(), 1, 1)
