"""What a tier policy must fulfil before it may decide: every cell compiles and fits its column, no hole, no dead row.

The engine forgives what a bank must not: a cell that cannot be evaluated just does not match, and the row after it
decides. So each cell is compiled and tried here, and what is wrong is named by row and column.
"""

import re
from collections.abc import Callable
from importlib import resources
from typing import Any, Final

import orjson
import yaml
import zen

from contracts.values import RuleBroken, Tier
from services.tiering.document import Column, PolicyDocument, TableContent, unquoted
from services.tiering.reach import Search, probes, witnesses
from services.tiering.rules import FACTS, Fact, Unit

_NUMBER_CELL = re.compile(r"(?:<=|>=|==|!=|<|>|-?\d+|\.\.|[\[\](),]|\band\b|\bor\b|\bnot\b|\bin\b|\s)+")
_INTEGER = re.compile(r"-?\d+")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_CODES_LEFT = re.compile(r"[\s,\[\]]*|\s*not in\s*\[[\s,]*\]\s*")
_SUBTRACTS = re.compile(r"[\d)\]]\s*-")
_LARGEST = 10**15


CURRENCIES: Final = frozenset(
    yaml.safe_load(resources.files("services.tiering").joinpath("policies/currencies.yaml").read_text(encoding="utf-8"))[
        "currencies"
    ]
)
"""Currencies that the bank tiers customers in."""


class CurrencyNotConfigured(RuleBroken):
    """A policy in a currency in which nobody is tiered."""

    rule = "policy-currency-not-configured"
    fix = f"Use one of: {', '.join(sorted(CURRENCIES))}; or have the currency configured first."


class HitPolicyNotFirst(RuleBroken):
    """Only "first" gives exactly one row."""

    rule = "policy-hit-policy-not-first"
    fix = 'Set hitPolicy to "first".'


class ColumnUnknown(RuleBroken):
    """A column that reads no known fact, or sets something other than tier and reason."""

    rule = "policy-column-unknown"
    fix = f"Inputs read one of: {', '.join(FACTS)}. Outputs set tier and reason, each once."


class CellInvalid(RuleBroken):
    """A condition that does not compile or does not fit the type of its column."""

    rule = "policy-cell-invalid"
    fix = "Numbers: '> 50000000', '[1..5]', '>= 3 and < 9' in integers. Codes: '\"retired\"'. Flags: 'true', 'false'."


class OutputMissing(RuleBroken):
    """A hole: a row that gives no tier or no reason, or a tier that no row gives."""

    rule = "policy-output-missing"
    fix = 'Every row sets tier ("vip", "potential" or "ordinary") and a reason, and every tier has a row (H2 to H4).'


class ReasonUnexplained(RuleBroken):
    """A reason code without a text in both languages, or used by two rows."""

    rule = "policy-reason-unexplained"
    fix = "Give every row its own reason code, and every code its text in zh and en."


class ElseRowMissing(RuleBroken):
    """The last row has conditions, so some customers would get no tier."""

    rule = "policy-else-row-missing"
    fix = "End the table with a row that has no conditions (H4: everybody else)."


class RowNeverFires(RuleBroken):
    """A row that can decide about nobody, because rows before it take everything it would match."""

    rule = "policy-row-never-fires"
    fix = "Put the narrower row first, or remove the row."


def check(document: PolicyDocument, raw: dict[str, Any]) -> None:  # Any: the JSON document as it was sent
    """Refuse a policy that could decide wrongly or about nobody. Raises the errors of this module."""
    content = document.content
    if document.currency not in CURRENCIES:
        raise CurrencyNotConfigured("the currency is not configured", field="document.currency")
    if content.hit_policy != "first":
        raise HitPolicyNotFirst("the hit policy is another", field="document.table.hitPolicy")
    _check_columns(content)
    for place, rule in enumerate(content.rules, start=1):
        for column in content.inputs:
            _check_cell(FACTS[column.field], rule.get(column.id, ""), place=place, column=column)
        _check_outputs(content, rule, place=place)
    _check_reasons(document)
    _check_else(content)
    _check_rows_fire(content, document, raw)


def _at(place: int, column: str) -> str:
    return f"document.table.row {place}.{column}"


def _check_columns(content: TableContent) -> None:
    for column in content.inputs:
        if column.field not in FACTS:
            raise ColumnUnknown("a column reads no known fact", field=f"document.table.inputs.{column.field}")
    for kind, columns in (("inputs", content.inputs), ("outputs", content.outputs)):
        names = [column.field for column in columns]
        if len(set(names)) != len(names):
            raise ColumnUnknown(f"a column stands twice in {kind}", field=f"document.table.{kind}")
    ids = [column.id for column in (*content.inputs, *content.outputs)]
    if len(set(ids)) != len(ids):
        raise ColumnUnknown("two columns have the same id", field="document.table")
    if {column.field for column in content.outputs} != {"tier", "reason"}:
        raise ColumnUnknown("the outputs must be tier and reason", field="document.table.outputs")


def _check_cell(fact: Fact, cell: str, *, place: int, column: Column) -> None:
    """Compile the cell, then try it on values of the column's type: it must answer, and hold for some."""
    if not cell.strip():
        return
    where = f"row {place}, column {column.field!r}"
    field = _at(place, column.field)
    if not _fits(fact, cell):
        raise CellInvalid(f"{where}: it does not fit a column of {fact.unit} values", field=field)
    try:
        compiled = zen.compile_unary_expression(cell)
        answers = [compiled.evaluate({"$": value}) for value in probes(fact, (cell,))]
    except RuntimeError:  # the engine's words quote the cell
        raise CellInvalid(f"{where}: it cannot be evaluated", field=field) from None
    if not all(isinstance(answer, bool) for answer in answers):
        raise CellInvalid(f"{where}: it is no condition", field=field)
    if not any(answers):
        raise CellInvalid(f"{where}: it holds for no value", field=field)


def _fits(fact: Fact, cell: str) -> bool:
    if fact.unit is Unit.FLAG:
        return cell.strip() in {"true", "false"}
    if fact.unit is Unit.CODE:
        codes = [single or double for single, double in _QUOTED.findall(cell)]
        rest = _QUOTED.sub("", cell)
        return bool(codes) and set(codes) <= set(fact.choices) and _CODES_LEFT.fullmatch(rest) is not None
    numbers = _INTEGER.findall(cell)
    if _SUBTRACTS.search(cell):
        return False  # "3 -5" is arithmetic to the engine, and the value it gives stands nowhere in the cell
    return bool(numbers) and _NUMBER_CELL.fullmatch(cell) is not None and max(abs(int(n)) for n in numbers) < _LARGEST


def _check_outputs(content: TableContent, rule: dict[str, str], *, place: int) -> None:
    for column in content.outputs:
        cell = rule.get(column.id, "").strip()
        value = unquoted(cell)
        if not value or value == cell or any(sign in value for sign in "'\"\\"):
            raise OutputMissing(f"row {place} has no {column.field} in quotes", field=_at(place, column.field))
        if column.field == "tier" and value not in set(Tier):
            raise OutputMissing(f"row {place} has a tier that is none", field=_at(place, "tier"))


def _check_reasons(document: PolicyDocument) -> None:
    content = document.content
    outputs = {column.field: column.id for column in content.outputs}
    reasons = [unquoted(rule[outputs["reason"]]) for rule in content.rules]
    for place, reason in enumerate(reasons, start=1):
        if reason not in document.texts:
            raise ReasonUnexplained(f"row {place}: its reason has no text", field=f"document.texts.{reason}")
        if reason in reasons[: place - 1]:
            raise ReasonUnexplained(f"row {place}: its reason is another row's", field=_at(place, "reason"))
    tiers = {unquoted(rule[outputs["tier"]]) for rule in content.rules}
    missing = [tier for tier in Tier if tier not in tiers]
    if missing:
        raise OutputMissing(f"no row gives the tier {missing[0]!s}", field="document.table")


def _check_else(content: TableContent) -> None:
    if _conditions(content, content.rules[-1]):
        raise ElseRowMissing(f"row {len(content.rules)}, the last, has conditions", field="document.table")
    for place, rule in enumerate(content.rules[:-1], start=1):
        if not _conditions(content, rule):
            field = f"document.table.row {place + 1}"
            raise RowNeverFires(f"row {place} has no conditions, so row {place + 1} never fires", field=field)


def _conditions(content: TableContent, rule: dict[str, str]) -> dict[str, str]:
    return {column.field: rule[column.id] for column in content.inputs if rule.get(column.id, "").strip()}


def _check_rows_fire(content: TableContent, document: PolicyDocument, raw: dict[str, Any]) -> None:  # Any: as in `check`
    """Find for each row a customer about whom it decides, and ask the engine that it does."""
    judge = evaluator(raw)
    values = {
        column.field: probes(FACTS[column.field], [rule.get(column.id, "") for rule in content.rules])
        for column in content.inputs
    }
    rows = document.rows()
    for place, (row, found) in enumerate(zip(rows, witnesses([r.cells for r in rows], values), strict=True), start=1):
        if found is Search.NONE:
            raise RowNeverFires(f"row {place} ({row.reason}) fires for no value", field=f"document.table.row {place}")
        if isinstance(found, dict) and judge(found) != row.reason:
            raise CellInvalid(f"row {place} ({row.reason}): the engine reads its cells otherwise", field="document.table")


def evaluator(raw: dict[str, Any]) -> Callable[[dict[str, Any]], str | None]:  # Any: JSON in, JSON out
    """A document's table as a function from facts to reason; None where no row fires."""
    content = zen.ZenDecisionContent(orjson.dumps(raw["table"]).decode())
    engine = zen.ZenEngine({"loader": lambda _key: content})
    return lambda facts: engine.evaluate("table", facts)["result"].get("reason")
