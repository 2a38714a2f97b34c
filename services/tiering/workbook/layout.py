"""What stands where in the workbook, and how text is spelled in its cells."""

import re
from typing import Final

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

POLICY, TABLE, TEXTS, GRAPH = "Policy", "Table", "Texts", "Graph"
"""Sheets: title and settings; the decision table; the words of the reasons; what only an editor of graphs needs."""

SETTINGS: Final = {
    "title.zh": "政策名称（中文）",
    "title.en": "Title in English",
    "currency": "币种 · ISO code of the currency",
    "effective_from": "生效日期 · first day on which it decides (Asia/Shanghai)",
    "downgrade.grace_days": "降级宽限期（天）· days before a customer goes down",
    "downgrade.max_steps": "每次最多降几级 · tiers down at once, 1 or 2",
}
"""Keys of the sheet Policy, in column A from row 2 on; the value stands in B."""

KINDS: Final = ("condition", "result", "note")
"""Row 1 of the sheet Table: what a column is. Row 2 names the fact, the result or the note, row 3 is for people."""

FIRST_ROW: Final = 4
"""Row of the sheet Table in which the policy's first row stands."""

TEXT_COLUMNS: Final = ("code", "zh", "en", "source")

CHUNK: Final = 30_000
"""Characters of the graph in one cell; Excel takes 32,767."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SPELLED = re.compile("_x([0-9A-Fa-f]{4})_")


def spelled(text: str) -> str:
    """Text as a cell holds it: characters that XML does not know as _xHHHH_, as Excel itself writes them."""
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unspelled(text: str) -> str:
    """The text that a cell means."""
    return _SPELLED.sub(lambda found: chr(int(found[1], 16)), text)
