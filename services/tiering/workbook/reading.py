"""Reading a policy from a workbook: every error names sheet and cell, and no formula is ever taken."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import orjson
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from contracts.values import RuleBroken
from services.tiering.document import MAX_ROWS
from services.tiering.workbook.layout import (
    FIRST_ROW,
    GRAPH,
    KINDS,
    POLICY,
    SETTINGS,
    TABLE,
    TEXT_COLUMNS,
    TEXTS,
    unspelled,
)

_LARGEST_BYTES = 32 * 1024 * 1024
_MOST_PARTS = 200
_MOST_ROWS = 10 * MAX_ROWS
_MOST_COLUMNS = 60


class WorkbookMalformed(RuleBroken):
    """Not a workbook of a tier policy: something that it must have is not where it must be."""

    rule = "workbook-malformed"
    fix = "Start from the workbook that GET /v1/policies/tiering/{version}/table.xlsx gives, and keep its sheets and headings."


class WorkbookCellFormula(RuleBroken):
    """A cell holds a formula; what it would give depends on who opens it."""

    rule = "workbook-cell-formula"
    fix = "Put the value itself into the cell, as text (an apostrophe in front of a leading = keeps it text)."


class WorkbookCellType(RuleBroken):
    """A cell holds a kind of value that does not belong there."""

    rule = "workbook-cell-type"
    fix = "Conditions, results and words are text; whole numbers and TRUE or FALSE are taken as text too; dates are YYYY-MM-DD."


@dataclass(frozen=True, slots=True)
class Read:
    """The policy of a workbook, and the cell (`Table!B7`) of each place that a check can name."""

    document: dict[str, Any]  # Any: a JSON document, not checked yet
    effective_from: date
    places: Mapping[str, str]


class _Sheet:
    """The cells of a sheet as text, by (row, column), and where they stand."""

    def __init__(self, name: str, cells: dict[tuple[int, int], str]) -> None:
        self.name = name
        self.cells = cells

    def at(self, row: int, column: int) -> str:
        """The name of a cell."""
        return f"{self.name}!{get_column_letter(column)}{row}"

    def text(self, row: int, column: int) -> str:
        """What a cell says; empty where it says nothing."""
        return self.cells.get((row, column), "")

    @property
    def rows(self) -> int:
        """The last row that says anything."""
        return max((row for row, _ in self.cells), default=0)


def read_workbook(content: bytes) -> Read:
    """The policy in the bytes of an XLSX file. Raises the errors of this module; what the policy says is checked elsewhere."""
    sheets = _sheets(content)
    document = _graph(sheets[GRAPH])
    places: dict[str, str] = {}
    effective_from = _policy(sheets[POLICY], document, places)
    _table(sheets[TABLE], document, places)
    _texts(sheets[TEXTS], document, places)
    return Read(document, effective_from, places)


def located(error: RuleBroken, places: Mapping[str, str]) -> RuleBroken:
    """The same error, at the cell of the workbook that it is about."""
    field = error.field or ""
    while field and field not in places:
        field = field.rpartition(".")[0]
    place = places.get(field, f"{TABLE}!A{FIRST_ROW}")
    sheet, _, cell = place.partition("!")
    return type(error)(f"sheet {sheet}, cell {cell}: {error.detail or error.rule}", field=place)


def _sheets(content: bytes) -> dict[str, _Sheet]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_BYTES:
            raise WorkbookMalformed("the workbook is too large", field="body")
        book = load_workbook(BytesIO(content), read_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError):
        raise WorkbookMalformed("this is no XLSX file", field="body") from None
    missing = [name for name in (POLICY, TABLE, TEXTS, GRAPH) if name not in book.sheetnames]
    if missing:
        raise WorkbookMalformed(f"there is no sheet {missing[0]}", field=missing[0])
    return {name: _Sheet(name, dict(_cells(name, book[name]))) for name in (POLICY, TABLE, TEXTS, GRAPH)}


def _cells(name: str, sheet: Any) -> Iterator[tuple[tuple[int, int], str]]:  # Any: openpyxl's read-only sheet is not exported
    for row in sheet.iter_rows(max_row=_MOST_ROWS + 1, max_col=_MOST_COLUMNS + 1):
        for cell in row:
            if cell.value is None:
                continue
            at = f"{name}!{get_column_letter(cell.column)}{cell.row}"
            if cell.row > _MOST_ROWS or cell.column > _MOST_COLUMNS:
                raise WorkbookMalformed(f"{at} lies beyond what is read", field=at)
            if cell.data_type == "f":
                raise WorkbookCellFormula(f"sheet {name}, cell {at.partition('!')[2]} holds a formula", field=at)
            if text := _text(cell.value, at):
                yield (cell.row, cell.column), text


def _text(value: object, at: str) -> str:
    if isinstance(value, str):
        return unspelled(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    raise WorkbookCellType(f"{at} holds neither text nor a whole number", field=at)


def _graph(sheet: _Sheet) -> dict[str, Any]:  # Any: a JSON document
    try:
        document = orjson.loads("".join(sheet.text(row, 1) for row in range(1, sheet.rows + 1)))
        content = _content(document)
        shaped = isinstance(document["title"], dict) and all(isinstance(one, dict) for one in document["texts"].values())
        if not shaped or not all("field" in one for one in (*content["inputs"], *content["outputs"])):
            raise KeyError
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, StopIteration):
        raise WorkbookMalformed("the sheet Graph was changed", field=f"{GRAPH}!A1") from None
    found: dict[str, Any] = document  # Any: as above
    return found


def _content(document: dict[str, Any]) -> dict[str, Any]:  # Any: as above
    found: dict[str, Any] = next(node["content"] for node in document["table"]["nodes"] if node["type"] == "decisionTableNode")
    return found


def _policy(sheet: _Sheet, document: dict[str, Any], places: dict[str, str]) -> date:  # Any: as above
    rows = {sheet.text(row, 1): row for row in range(2, sheet.rows + 1)}
    for key in SETTINGS:
        if key not in rows:
            raise WorkbookMalformed(f"the sheet Policy has no row {key}", field=f"{POLICY}!A1")
        places[f"document.{key}"] = sheet.at(rows[key], 2)
    values = {key: sheet.text(rows[key], 2) for key in SETTINGS}
    document["title"] |= {"zh": values["title.zh"], "en": values["title.en"]}
    document["currency"] = values["currency"]
    downgrade = {
        name: _number(values[f"downgrade.{name}"], places[f"document.downgrade.{name}"])
        for name in ("grace_days", "max_steps")
        if values[f"downgrade.{name}"]
    }
    settings = (document.pop("downgrade", None) or {}) | downgrade
    if settings:
        document["downgrade"] = settings
    places["body.effective_from"] = places["effective_from"] = places["document.effective_from"]
    return _day(values["effective_from"], places["body.effective_from"])


def _number(text: str, at: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WorkbookCellType(f"{at} holds no whole number", field=at) from None


def _day(text: str, at: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WorkbookCellType(f"{at} holds no date", field=at) from None


def _table(sheet: _Sheet, document: dict[str, Any], places: dict[str, str]) -> None:  # Any: as above
    content = _content(document)
    last = max((row for row, _ in sheet.cells if row >= FIRST_ROW), default=FIRST_ROW - 1)
    rules: list[dict[str, str]] = [{} for _ in range(FIRST_ROW, last + 1)]
    known = {"condition": content["inputs"], "result": content["outputs"]}
    made: dict[str, list[dict[str, Any]]] = {"condition": [], "result": []}  # Any: as above
    rules_at = f"document.table.nodes.{_place_of_table(document)}.content.rules"
    for column in sorted({column for _, column in sheet.cells}):
        kind, name = sheet.text(1, column), sheet.text(2, column)
        if kind not in KINDS or not name:
            at = sheet.at(1 if kind not in KINDS else 2, column)
            raise WorkbookMalformed(f"{at}: a column says condition, result or note, and its name below", field=at)
        key = name
        if kind != "note":
            found = _column(known[kind], made, name=name, words=sheet.text(3, column))
            made[kind].append(found)
            key = found["id"]
            places[f"document.table.{'inputs' if kind == 'condition' else 'outputs'}.{name}"] = sheet.at(2, column)
        for place, rule in enumerate(rules, start=1):
            row = FIRST_ROW + place - 1
            text = sheet.text(row, column)
            if kind == "result":
                text = _quoted(text)
            if text or kind != "note":
                rule[key] = text
            places[f"document.table.row {place}.{name}"] = places[f"{rules_at}.{place - 1}.{key}"] = sheet.at(row, column)
    for place in range(1, len(rules) + 1):
        places[f"document.table.row {place}"] = sheet.at(FIRST_ROW + place - 1, 1)
    places["document.table"] = sheet.at(max(last, FIRST_ROW), 1)
    content.update(inputs=made["condition"], outputs=made["result"], rules=rules)


def _place_of_table(document: dict[str, Any]) -> int:  # Any: as above
    return next(place for place, node in enumerate(document["table"]["nodes"]) if node["type"] == "decisionTableNode")


def _column(
    known: list[dict[str, Any]],  # Any: as above
    made: Mapping[str, list[dict[str, Any]]],
    *,
    name: str,
    words: str,
) -> dict[str, Any]:
    """The column as it was, or a new one, under an id that no other has."""
    column = next((dict(one) for one in known if one["field"] == name), {"id": name, "type": "expression", "field": name})
    taken = {one["id"] for columns in made.values() for one in columns}
    while column["id"] in taken:
        column["id"] += "_"
    if words or "name" in column:
        column["name"] = words
    return column


def _quoted(text: str) -> str:
    """A result as the table holds it: in quotes, unless it has some."""
    return text if not text or text.startswith(("'", '"')) else f'"{text}"'


def _texts(sheet: _Sheet, document: dict[str, Any], places: dict[str, str]) -> None:  # Any: as above
    for column, name in enumerate(TEXT_COLUMNS, start=1):
        if sheet.text(1, column) != name:
            at = sheet.at(1, column)
            raise WorkbookMalformed(f"{at} must say {name}", field=at)
    before, document["texts"] = document["texts"], {}
    places["document.texts"] = sheet.at(1, 1)
    for row in range(2, sheet.rows + 1):
        code = sheet.text(row, 1)
        values = {name: sheet.text(row, column) for column, name in enumerate(TEXT_COLUMNS[1:], start=2)}
        if not code and not any(values.values()):
            continue
        if not code or code in document["texts"]:
            raise WorkbookMalformed(f"{sheet.at(row, 1)}: every text has a code of its own", field=sheet.at(row, 1))
        document["texts"][code] = before.get(code, {}) | {name: text for name, text in values.items() if text}
        places[f"document.texts.{code}"] = sheet.at(row, 1)
        places |= {f"document.texts.{code}.{name}": sheet.at(row, column) for column, name in enumerate(TEXT_COLUMNS, start=1)}
