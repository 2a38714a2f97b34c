"""Reads the first sheet of an XLSX workbook as rows of text, one after the other, so that memory does not grow with the sheet.

A cell is text, a day or a figure. Figures are written as they were typed, up to the 15 digits that a spreadsheet keeps; longer
ones come out in the form 1.1E+17, which no column takes: their last digits are gone (checking.py names the rule).
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from openpyxl import load_workbook
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from services.profile.importing.checking import LINE

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ROWS = 20_000
MOST_SHARED_BYTES = 512 * 1024 * 1024
"""Texts of a workbook are held together in memory; a file that unpacks to more is refused."""
_EXACT = 10**15
_LAST_SERIAL = 2_958_465
_SHARED = "xl/sharedStrings.xml"


class WorkbookUnreadable(ValueError):
    """No workbook, or one without a sheet or header."""


def names(path: Path) -> list[str]:
    """The header: the cells of the first row, trimmed. Raises `WorkbookUnreadable`."""
    with _sheet(path) as (sheet, _):
        first = next(sheet.iter_rows(values_only=True), ())
        header = ["" if cell is None else str(cell).strip() for cell in first]
    while header and not header[-1]:
        header.pop()
    if not all(header) or not header or len(set(header)) != len(header):
        raise WorkbookUnreadable("the first row must name each column once")
    return header


def blocks(path: Path, header: list[str], days: frozenset[str], *, skip: int) -> Iterator[pl.DataFrame]:
    """Blocks of up to 20,000 rows from block `skip` on, with `line` as the spreadsheet numbers its rows. Empty rows are left out.
    `days` are the columns in which a bare figure is a day's serial number. Raises `WorkbookUnreadable`."""
    with _sheet(path) as (sheet, epoch):
        rows: Iterator[tuple[object, ...]] = sheet.iter_rows(min_row=2 + skip * ROWS, max_col=len(header), values_only=True)
        block: list[tuple[object, ...]] = []
        for line, row in enumerate(rows, start=2 + skip * ROWS):
            block.append((line, *(_text(cell, epoch if name in days else None) for name, cell in zip(header, row, strict=False))))
            if (line - 1) % ROWS == 0:
                yield _frame(block, header)
                block = []
        if block:
            yield _frame(block, header)


def _frame(block: list[tuple[object, ...]], header: list[str]) -> pl.DataFrame:
    width = 1 + len(header)
    full = [row + (None,) * (width - len(row)) for row in block if any(cell is not None for cell in row[1:])]
    return pl.DataFrame(full, schema={LINE: pl.Int64, **dict.fromkeys(header, pl.String)}, orient="row")


@contextmanager
def _sheet(path: Path) -> "Iterator[tuple[Worksheet, datetime]]":
    try:
        with zipfile.ZipFile(path) as archive:
            shared = next((part.file_size for part in archive.infolist() if part.filename == _SHARED), 0)
        if shared > MOST_SHARED_BYTES:
            raise WorkbookUnreadable(f"its texts unpack to more than {MOST_SHARED_BYTES} bytes; split it, or give CSV")
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, SyntaxError):  # SyntaxError: XML that cannot be parsed
        raise WorkbookUnreadable("this is no XLSX workbook") from None
    try:
        if not book.worksheets:
            raise WorkbookUnreadable("the workbook has no sheet")
        yield book.worksheets[0], book.epoch
    finally:
        book.close()


def _text(cell: object, epoch: datetime | None) -> str | None:
    """A cell as text; `epoch` is given where a figure means a day."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return _figure(cell, epoch)
    return str(cell)


def _figure(value: float, epoch: datetime | None) -> str:
    whole = value == int(value)
    if epoch is not None and whole and 0 < value <= _LAST_SERIAL:
        day = from_excel(value, epoch)
        return day.date().isoformat() if isinstance(day, datetime) else str(value)
    if abs(value) >= _EXACT:
        return f"{value:.14E}"
    return str(int(value)) if whole else f"{value:.15g}"
