"""Writing a policy as a workbook that a product manager edits."""

import copy
from datetime import date
from io import BytesIO
from typing import Any

import orjson
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from contracts.values import Tier
from services.tiering.document import unquoted
from services.tiering.rules import FACTS
from services.tiering.workbook.layout import (
    CHUNK,
    FIRST_ROW,
    GRAPH,
    POLICY,
    SETTINGS,
    TABLE,
    TEXT_COLUMNS,
    TEXTS,
    spelled,
)

_BOLD = Font(bold=True)


def write_workbook(document: dict[str, Any], *, effective_from: date) -> bytes:  # Any: a JSON document that was checked
    """The policy as the bytes of an XLSX file. What people edit stands in three sheets, the rest in the sheet Graph."""
    rest = copy.deepcopy(document)
    book = Workbook()
    book.remove(book.worksheets[0])
    _policy(book.create_sheet(POLICY), rest, effective_from)
    _table(book.create_sheet(TABLE), rest)
    _texts(book.create_sheet(TEXTS), rest)
    _graph(book.create_sheet(GRAPH), rest)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _policy(sheet: Worksheet, rest: dict[str, Any], effective_from: date) -> None:  # Any: as above
    _head(sheet, 1, ["setting", "value", "说明 · what it is"])
    title, downgrade = rest["title"], rest.get("downgrade") or {}
    values = {
        "title.zh": title.pop("zh"),
        "title.en": title.pop("en"),
        "currency": rest.pop("currency"),
        "effective_from": effective_from.isoformat(),
        "downgrade.grace_days": downgrade.pop("grace_days", None),
        "downgrade.max_steps": downgrade.pop("max_steps", None),
    }
    for row, (key, note) in enumerate(SETTINGS.items(), start=2):
        _put(sheet, row, 1, key)
        _put(sheet, row, 2, values[key])
        _put(sheet, row, 3, note)
    _wide(sheet, {"A": 24, "B": 40, "C": 60})


def _table(sheet: Worksheet, rest: dict[str, Any]) -> None:  # Any: as above
    content = _content(rest)
    rules = content.pop("rules")
    columns = [("condition", one["field"], one.get("name", ""), one["id"]) for one in content["inputs"]]
    columns += [("result", one["field"], one.get("name", ""), one["id"]) for one in content["outputs"]]
    known = {one[3] for one in columns}
    columns += [("note", key, "", key) for key in dict.fromkeys(key for rule in rules for key in rule) if key not in known]
    for place, (kind, name, words, key) in enumerate(columns, start=1):
        _head(sheet, 1, [kind], first=place)
        _head(sheet, 2, [name], first=place)
        _put(sheet, 3, place, words)
        for row, rule in enumerate(rules, start=FIRST_ROW):
            _put(sheet, row, place, _bare(rule.get(key, "")) if kind == "result" else rule.get(key))
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 28
        if name == "tier" and kind == "result":
            _only_tiers(sheet, letter)
    sheet.freeze_panes = f"A{FIRST_ROW}"


def _only_tiers(sheet: Worksheet, letter: str) -> None:
    allowed = DataValidation(type="list", formula1='"' + ",".join(Tier) + '"', allow_blank=False)
    allowed.add(f"{letter}{FIRST_ROW}:{letter}1000")
    sheet.add_data_validation(allowed)


def _bare(cell: str) -> str:
    """A result without its quotes, where reading puts the same ones back."""
    text = unquoted(cell)
    return text if cell == f'"{text}"' and not text.startswith(("'", '"')) and text == text.strip() and text else cell


def _texts(sheet: Worksheet, rest: dict[str, Any]) -> None:  # Any: as above
    _head(sheet, 1, list(TEXT_COLUMNS))
    for row, (code, text) in enumerate(rest["texts"].items(), start=2):
        _put(sheet, row, 1, code)
        for place, name in enumerate(TEXT_COLUMNS[1:], start=2):
            _put(sheet, row, place, text.pop(name, None))
    _head(sheet, 1, ["事实 · fact", "单位 · unit", "名称", "name", "代码 · codes"], first=7)
    for row, fact in enumerate(FACTS.values(), start=2):
        for place, value in enumerate([fact.name, fact.unit, fact.zh, fact.en, ", ".join(fact.choices)], start=7):
            _put(sheet, row, place, value)
    _wide(sheet, {"A": 26, "B": 44, "C": 60, "D": 10, "G": 20, "I": 26, "J": 36, "K": 60})


def _graph(sheet: Worksheet, rest: dict[str, Any]) -> None:  # Any: as above
    text = orjson.dumps(rest).decode()
    for row, first in enumerate(range(0, len(text), CHUNK), start=1):
        _put(sheet, row, 1, text[first : first + CHUNK])
    sheet.sheet_state = "hidden"


def _content(document: dict[str, Any]) -> dict[str, Any]:  # Any: as above
    found: dict[str, Any] = next(node["content"] for node in document["table"]["nodes"] if node["type"] == "decisionTableNode")
    return found


def _head(sheet: Worksheet, row: int, words: list[str], *, first: int = 1) -> None:
    for place, word in enumerate(words, start=first):
        _put(sheet, row, place, word)
        sheet.cell(row, place).font = _BOLD


def _put(sheet: Worksheet, row: int, place: int, value: str | int | None) -> None:
    """Text stays text, whatever it begins with: a condition like '== 5' is no formula."""
    if value is None or value == "":
        return
    cell = sheet.cell(row, place)
    cell.number_format = "@"
    if isinstance(value, int):
        cell.value = value
        return
    cell.value = spelled(value)
    cell.data_type = "s"
    cell.quotePrefix = value[0] in "=+-@\t'"


def _wide(sheet: Worksheet, widths: dict[str, int]) -> None:
    for letter, width in widths.items():
        sheet.column_dimensions[letter].width = width
