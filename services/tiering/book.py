"""Policies ready to decide: loaded once, kept by digest, asked 150,000 times a second."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import zen

from contracts.values import Tier
from services.tiering.document import canonical, parse
from services.tiering.rules import FACTS, Downgrade, Fact, Measures, Row, RowText
from services.tiering.rules.facts import Value

_KEPT = 64
"""Policies kept compiled; older ones are loaded again when asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A published policy, compiled. `judge` is a `rules.Judge`."""

    version: int
    digest: str
    currency: str
    title_zh: str
    title_en: str
    rows: tuple[RowText, ...]
    facts: tuple[Fact, ...]
    outcome: dict[str, Row]
    downgrade: Downgrade
    engine: zen.ZenEngine

    def judge(self, measures: Measures) -> Row | None:
        """The first row whose conditions all hold, None where none does. Only the facts that the table reads are sent."""
        return self.judge_facts({fact.name: fact.read(measures) for fact in self.facts})

    def judge_facts(self, facts: Mapping[str, Value]) -> Row | None:
        """The same on facts by name; those that the table reads must be there."""
        answer = self.engine.evaluate(self.digest, dict(facts))["result"]
        return self.outcome.get(answer.get("reason", ""))


class PolicyBook:
    """Compiled policies by the digest of their document, so that one book serves any number of databases."""

    def __init__(self) -> None:
        self._contents: dict[str, zen.ZenDecisionContent] = {}
        self._policies: OrderedDict[tuple[int, str], Policy] = OrderedDict()
        self._engine = zen.ZenEngine({"loader": self._contents.__getitem__})

    def add(self, *, version: int, mark: str, document: dict[str, Any]) -> Policy:  # Any: a JSON document
        """Compile a document that was checked when it was published; `mark` is its digest."""
        key = (version, mark)
        policy = self._policies.get(key) or self._compile(version, mark, document)
        self._policies[key] = policy
        self._policies.move_to_end(key)
        while len(self._policies) > _KEPT:
            dropped, _ = self._policies.popitem(last=False)
            if all(kept != dropped[1] for _, kept in self._policies):
                self._contents.pop(dropped[1], None)
        return policy

    def find(self, version: int, mark: str) -> Policy | None:
        """A policy that was compiled before, by its version and digest."""
        return self._policies.get((version, mark))

    def _compile(self, version: int, mark: str, document: dict[str, Any]) -> Policy:  # Any: a JSON document
        parsed = parse(document)
        rows = parsed.rows()
        self._contents[mark] = zen.ZenDecisionContent(canonical(document["table"]).decode())
        return Policy(
            version=version,
            digest=mark,
            currency=parsed.currency,
            title_zh=parsed.title.zh,
            title_en=parsed.title.en,
            rows=rows,
            facts=tuple(FACTS[column.field] for column in parsed.content.inputs),
            outcome={row.reason: Row(tier=Tier(row.tier), reason=row.reason) for row in rows},
            downgrade=parsed.downgrades,
            engine=self._engine,
        )


BOOK: Final = PolicyBook()
"""The process' book: a cache of immutable documents by content, never a source of truth."""


def holds(cell: str, value: Value) -> bool:
    """Whether a checked cell holds for a value."""
    return zen.evaluate_unary_expression(cell, {"$": value}) is True


def decode(document: str | bytes) -> dict[str, Any]:  # Any: a JSON document
    """A stored document."""
    loaded: dict[str, Any] = orjson.loads(document)  # Any: a JSON document
    return loaded
