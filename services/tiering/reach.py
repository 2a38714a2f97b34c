"""Whether each row of a decision table can decide about anybody."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

import zen

from services.tiering.rules import Fact, Unit
from services.tiering.rules.facts import Value

_INTEGER = re.compile(r"-?\d+")
_TRIES = 100_000
"""Combinations tried for one row before the search is given up."""


class Search(Enum):
    """The end of a search without a witness."""

    NONE = "none"
    GIVEN_UP = "given_up"


def probes(fact: Fact, cells: Sequence[str]) -> list[Value]:
    """Values of the fact's type just below, at and just above every integer in `cells`; all codes; both flags.

    Conditions compare with integers only, so two values between which no probe lies satisfy the same cells.
    """
    if fact.unit is Unit.FLAG:
        return [True, False]
    if fact.unit is Unit.CODE:
        return list(fact.choices)
    numbers = {int(number) for cell in cells for number in _INTEGER.findall(cell)}
    return [*sorted({0} | {number + step for number in numbers for step in (-1, 0, 1)})]


def witnesses(rows: Sequence[Mapping[str, str]], values: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value] | Search]:
    """For each row of cells by fact, facts for which it is the first that holds, or how the search ended."""
    held = [{name: frozenset(v for v in values[name] if _holds(cell, v)) for name, cell in cells.items()} for cells in rows]
    for place, own in enumerate(held):
        yield _witness(own, held[:place], values)


def _witness(
    own: Mapping[str, frozenset[Value]],
    before: Sequence[Mapping[str, frozenset[Value]]],
    values: Mapping[str, Sequence[Value]],
) -> dict[str, Value] | Search:
    allowed = {name: [v for v in all_ if name not in own or v in own[name]] for name, all_ in values.items()}
    for chosen in itertools.islice(itertools.product(*allowed.values()), _TRIES):
        facts = dict(zip(allowed, chosen, strict=True))
        if not any(all(facts[name] in good for name, good in row.items()) for row in before):
            return facts
    return Search.NONE if math.prod(map(len, allowed.values())) <= _TRIES else Search.GIVEN_UP


def _holds(cell: str, value: Value) -> bool:
    return zen.evaluate_unary_expression(cell, {"$": value}) is True
