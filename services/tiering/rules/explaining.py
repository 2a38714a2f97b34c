"""Why a customer has a tier, in Chinese and English: the row that fired, thresholds against values (H1 to H4)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.values import Tier
from services.tiering.rules.facts import FACTS, Fact, Unit, Value

Holds: TypeAlias = Callable[[str, Value], bool]
"""Whether a cell of a decision table holds for a value."""

TIER_ZH = {Tier.VIP: "贵宾客户", Tier.POTENTIAL: "潜力客户", Tier.ORDINARY: "普通客户"}
TIER_EN = {Tier.VIP: "VIP", Tier.POTENTIAL: "Potential", Tier.ORDINARY: "Ordinary"}

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+)")
_WORDS_ZH = {">": "高于", ">=": "不低于", "<": "低于", "<=": "不高于"}
_WORDS_EN = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}


@dataclass(frozen=True, slots=True)
class RowText:
    """A row of a policy as its author wrote it: reason code, tier, conditions by fact, and the text of the reason."""

    reason: str
    tier: Tier
    cells: Mapping[str, str]
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a row, held against the customer's value."""

    fact: str
    condition: str
    value: Value
    holds: bool
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RowTrace:
    """One row that was looked at, in the policy's order; the last one is the row that fired."""

    reason: str
    tier: Tier
    fired: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole reason in a sentence of each language, and every row up to the one that fired."""

    zh: str
    en: str
    rows: tuple[RowTrace, ...]


def explain(rows: Sequence[RowText], *, reason: str, facts: Mapping[str, Value], currency: str, holds: Holds) -> Explanation:
    """Why `reason` was the first row of `rows` whose conditions all hold for `facts`."""
    seen: list[RowTrace] = []
    for row in rows:
        fired = row.reason == reason
        conditions = tuple(
            _condition(FACTS[name], cell, facts[name], currency=currency, holds=holds) for name, cell in row.cells.items()
        )
        seen.append(RowTrace(reason=row.reason, tier=row.tier, fired=fired, conditions=conditions))
        if fired:
            return Explanation(zh=_sentence_zh(row, seen), en=_sentence_en(row, seen), rows=tuple(seen))
    raise ValueError(f"the policy has no row {reason!r}")


def _condition(fact: Fact, cell: str, value: Value, *, currency: str, holds: Holds) -> Condition:
    zh_value, en_value = _shown(fact.unit, value, currency)
    zh_limit, en_limit = _limit(fact.unit, cell, currency)
    return Condition(
        fact=fact.name,
        condition=cell,
        value=value,
        holds=value is not None and holds(cell, value),
        zh=f"{fact.zh}为{zh_value}（标准：{zh_limit}）",
        en=f"{fact.en}: {en_value} (threshold: {en_limit})",
    )


def _limit(unit: Unit, cell: str, currency: str) -> tuple[str, str]:
    comparison = _COMPARISON.fullmatch(cell.strip())
    if comparison is None:
        return cell, cell
    sign, number = comparison.groups()
    zh, en = _shown(unit, int(number), currency)
    return f"{_WORDS_ZH[sign]}{zh}", f"{_WORDS_EN[sign]} {en}"


def _shown(unit: Unit, value: Value, currency: str) -> tuple[str, str]:
    """A value as people read it, Chinese and English."""
    if value is None:
        return "未知", "not known"
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, str):
        return value, value
    if unit is Unit.FEN:
        amount = f"{_hundredths(value, group=',')} {currency}"
        return amount, amount
    if unit is Unit.BASIS_POINTS:
        share = f"{_hundredths(value, group='')}%"
        return share, share
    suffix = {Unit.DAYS: ("天", " days"), Unit.YEARS: ("岁", " years")}.get(unit, ("", ""))
    return f"{value}{suffix[0]}", f"{value}{suffix[1]}"


def _hundredths(value: int, *, group: str) -> str:
    whole, rest = divmod(abs(value), 100)
    return f"{'-' if value < 0 else ''}{whole:{group}}.{rest:02d}"


def _sentence_zh(row: RowText, seen: Sequence[RowTrace]) -> str:
    source = f"（{row.source}）" if row.source else ""
    facts = "；".join(condition.zh for condition in _decisive(seen))
    return f"{TIER_ZH[row.tier]}：{row.zh}{source}。{facts}。" if facts else f"{TIER_ZH[row.tier]}：{row.zh}{source}。"


def _sentence_en(row: RowText, seen: Sequence[RowTrace]) -> str:
    source = f" ({row.source})" if row.source else ""
    facts = "; ".join(condition.en[0].upper() + condition.en[1:] for condition in _decisive(seen))
    return f"{TIER_EN[row.tier]}: {row.en}{source}. {facts}." if facts else f"{TIER_EN[row.tier]}: {row.en}{source}."


def _decisive(seen: Sequence[RowTrace]) -> list[Condition]:
    """The fired row's own conditions; for an else row, what the rows before it asked and did not get."""
    own = seen[-1].conditions
    if own:
        return list(own)
    return [condition for row in seen[:-1] for condition in row.conditions if not condition.holds]
