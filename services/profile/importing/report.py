"""What an import did: counts by kind, and a line for every problem. Values never enter a report (H20)."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TextIO

import polars as pl

from services.profile.importing.checking import LINE

KEPT = 1_000


@dataclass(frozen=True)
class Problem:
    """A broken rule at a place of a file. `field` is empty when the whole line is meant, `line` 0 for the whole file."""

    file: str
    line: int
    field: str
    rule: str
    fix: str


@dataclass
class KindReport:
    """Rows of one kind. `refused` rows have a problem each or more; read is the sum of the others.

    `repeated` rows gave way to another with the same business key in the same batch, `outdated` ones to a stored row of a later
    day.
    """

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    repeated: int = 0
    outdated: int = 0
    seconds: float = 0.0


@dataclass
class ImportReport:
    """The whole load. `problems` holds the first 1,000; all are in the report file when one was asked for."""

    kinds: dict[str, KindReport] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    seconds: float = 0.0
    last_day: date | None = None
    dry_run: bool = False

    def of(self, kind: str) -> KindReport:
        """The counts of a kind, made at first use."""
        return self.kinds.setdefault(kind, KindReport())

    @property
    def refused(self) -> int:
        """Rows left out, over all kinds."""
        return sum(kind.refused for kind in self.kinds.values())


class ProblemFile:
    """Writes problems as CSV (file, line, field, rule, fix) while they are found."""

    def __init__(self, report: ImportReport, path: Path | None) -> None:
        self._report = report
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> "ProblemFile":
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(["file", "line", "field", "rule", "fix"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, file: str, problems: pl.DataFrame) -> None:
        """Problems of a batch, in line order."""
        writer = csv.writer(self._file) if self._file is not None else None
        for line, place, rule, fix in problems.sort(LINE).iter_rows():
            self._report.problem_count += 1
            if len(self._report.problems) < KEPT:
                self._report.problems.append(Problem(file, line, place, rule, fix))
            if writer is not None:
                writer.writerow([_safe(file), line, _safe(place), _safe(rule), _safe(fix)])


def _safe(cell: str) -> str:
    """The cell, with a quote in front where a spreadsheet would take it for a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
