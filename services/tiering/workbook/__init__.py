"""A tier policy as an Excel workbook, out and in without loss."""

from services.tiering.workbook.reading import (
    Read,
    WorkbookCellFormula,
    WorkbookCellType,
    WorkbookMalformed,
    located,
    read_workbook,
)
from services.tiering.workbook.writing import write_workbook

__all__ = [
    "Read",
    "WorkbookCellFormula",
    "WorkbookCellType",
    "WorkbookMalformed",
    "located",
    "read_workbook",
    "write_workbook",
]
