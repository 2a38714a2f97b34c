"""A policy over columns: values that it cannot tell apart share one question to the engine that decides about one customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from contracts.values import RuleBroken
from services.tiering.book import Policy
from services.tiering.rules import FACTS, PolicyGaveNoRow, Row, Unit
from services.tiering.rules.buckets import bounds, representative
from services.tiering.rules.facts import Value

Ints: TypeAlias = npt.NDArray[np.int64]


class FactsMissing(RuleBroken):
    """The policy reads a fact that the lake does not give; deciding without it could take a tier away wrongly."""

    rule = "lake-facts-missing"
    fix = "Add a column with the fact's name to customers.parquet."


@dataclass(frozen=True, slots=True)
class Column:
    """A fact of everybody: numbers, or places in `codes`. `known` is None where all are."""

    values: Ints
    known: npt.NDArray[np.bool_] | None = None
    codes: Sequence[Value] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The rows of the policy that fired, and for each customer the place of the row in them."""

    rows: tuple[Row, ...]
    row: npt.NDArray[np.int16]


def decide_columns(policy: Policy, columns: Mapping[str, Column], *, size: int) -> Decided:
    """Which row fires for each of `size` customers. Raises `FactsMissing` and `PolicyGaveNoRow`."""
    cells: dict[str, list[str]] = {}
    for text in policy.rows:
        for name, cell in text.cells.items():
            cells.setdefault(name, []).append(cell)
    missing = sorted(set(cells) - set(columns))
    if missing:
        raise FactsMissing(f"the policy reads {', '.join(missing)}", field="customers.parquet")
    combined, choices = np.zeros(size, np.int64), []
    for name, found in cells.items():
        places, answers = _places(name, columns[name], found)
        combined = combined * len(answers) + places
        choices.append((name, answers))
    distinct, inverse = np.unique(combined, return_inverse=True)
    fired = [_fired(policy, int(code), choices) for code in distinct]
    rows = tuple(dict.fromkeys(fired))
    lookup = np.array([rows.index(row) for row in fired], np.int16)
    return Decided(rows, lookup[inverse])


def _places(name: str, column: Column, cells: Sequence[str]) -> tuple[Ints, list[Value]]:
    """The range (or code) of every value as a number, and what to ask the engine for each number; the last is "not known"."""
    if FACTS[name].unit in {Unit.FLAG, Unit.CODE}:
        answers: list[Value] = [*(column.codes or (False, True)), None]
        places = column.values
    else:
        begins = bounds(cells)
        answers = [*(representative(place, begins) for place in range(len(begins) + 1)), None]
        places = np.searchsorted(np.array(begins, np.int64), column.values, side="right")
    if column.known is not None:
        places = np.where(column.known, places, len(answers) - 1)
    return places, answers


def _fired(policy: Policy, code: int, choices: Sequence[tuple[str, list[Value]]]) -> Row:
    facts: dict[str, Value] = {fact.name: None for fact in policy.facts}
    for name, answers in reversed(choices):
        code, place = divmod(code, len(answers))
        facts[name] = answers[place]
    row = policy.judge_facts(facts)
    if row is None:
        raise PolicyGaveNoRow(f"policy {policy.version} has no row for some measures")
    return row
