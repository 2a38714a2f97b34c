"""Turns a rule into one parametrised statement over many customers, and tells which rows of the feed can make it true."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.profile.measuring.rules_language.documents import Condition, Part, Regular, Rule, Selection, Source
from services.profile.measuring.rules_language.operators import COLUMNS, condition_sql
from services.profile.measuring.rules_language.salaries import judged
from services.profile.measuring.rules_language.writing import Scope, Value, Writer


@dataclass(frozen=True)
class Statement:
    """SQL whose first parameters are the day and the customers; `arguments(day)` gives those that follow."""

    sql: str
    values: tuple[Value, ...]

    def arguments(self, as_of: date) -> list[object]:
        """The rule's values, those that depend on the day included. Raises `LunarYearUnpublished`."""
        return [value(as_of) if callable(value) else value for value in self.values]


@lru_cache(maxsize=256)
def compile_rule(rule: Rule, scope: Scope) -> Statement:
    """The statement that finds the customers of whom the rule is true, with the evidence (columns of operators.py)."""
    writer = Writer(scope)
    sql = f"SELECT {COLUMNS} FROM {condition_sql(rule.when, writer)} found"  # noqa: S608  # values are parameters
    return Statement(sql, tuple(writer.values))


@lru_cache(maxsize=16)
def compile_verdicts(said: Regular) -> Statement:
    """The statement that gives `customer_id, verdict` for everybody from $2 to $3 with such a credit: found, or why not."""
    writer = Writer(Scope.RANGE)
    return Statement(f"SELECT customer_id, verdict FROM {judged(said, writer)} judged", tuple(writer.values))  # noqa: S608  # as above


def sources_of(rule: Rule) -> frozenset[Source]:
    """The kinds of the feed whose rows can make the rule true."""
    return frozenset(_sources(rule.when))


def _sources(condition: Condition) -> Iterator[Source]:
    for word, said in condition.said.items():
        if isinstance(said, tuple):
            for inner in said:
                yield from _sources(inner)
        elif isinstance(said, Part):
            yield from _of_operator(word, said)


def _of_operator(word: str, said: Part) -> Iterator[Source]:
    for selection in (getattr(said, "of", None), getattr(said, "among", None)):
        if isinstance(selection, Selection):
            yield "transactions" if selection.transactions is not None else "behaviour"
    if word == "holds":
        yield "balances"
    if word == "has_account":
        yield "accounts"
    if word in ("known", "year_of", "children") or getattr(said, "fact", None):
        yield "facts"
