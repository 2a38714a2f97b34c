"""Everybody, grouped by what a policy can tell apart: one pass of PostgreSQL, a few hundred rows out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import asyncpg

from chassis.database import Session, driver
from services.tiering.rules import FACTS, Unit
from services.tiering.rules.facts import PLACES

IN_STORE: Mapping[str, str] = MappingProxyType(
    {name: f"inputs -> '{dimension}' ->> '{member}'" for name, (dimension, member) in PLACES.items()}
    | {"products": "jsonb_array_length(inputs -> 'activity' -> 'products')"}
)
"""Where each fact stands in a row of `standing`; the same value as `Fact.read` gives."""

_GROUPS = """
SELECT branch, tier, automatic,
       CASE WHEN grace_until IS NULL THEN 'none' WHEN grace_until <= $2 THEN 'over' ELSE 'running' END AS grace,
       CASE WHEN manual_until > $2 THEN manual_tier END AS by_hand,
       {facts}
       count(*)::int AS customers, max(as_of) AS as_of,
       array_remove(ARRAY[{examples}], NULL) AS examples
FROM standing WHERE inputs -> 'assets' ->> 'currency' = $1 GROUP BY {keys}
"""
_SPREAD = 4
_EXAMPLE = "any_value(customer_id) FILTER (WHERE uuid_hash(customer_id) & 3 = {place})"


@dataclass(frozen=True, slots=True)
class Split:
    """A fact by which customers are grouped. `begins`: where its ranges begin; None groups by the value itself."""

    fact: str
    begins: Sequence[int] | None


async def groups(session: Session, *, currency: str, splits: Sequence[Split], now: datetime) -> list[asyncpg.Record]:
    """Customers of a currency by branch, what they stand at, and the range (or text) of each split, as `fact_0`, …"""
    ranges = [list(split.begins) for split in splits if split.begins is not None]
    arguments = iter(range(3, 3 + len(ranges)))
    columns = [_column(split, arguments=arguments, place=place) for place, split in enumerate(splits)]
    statement = _GROUPS.format(
        facts="".join(f"{column},\n       " for column in columns),
        examples=", ".join(_EXAMPLE.format(place=place) for place in range(_SPREAD)),
        keys=", ".join(str(number) for number in range(1, 6 + len(splits))),
    )
    connection = await driver(session)
    return await connection.fetch(statement, currency, now, *ranges)


def _column(split: Split, *, arguments: Iterator[int], place: int) -> str:
    value = IN_STORE[split.fact]
    if split.begins is None:
        return f"{value} AS fact_{place}"
    return f"width_bucket(({value})::bigint, ${next(arguments)}::bigint[]) AS fact_{place}"


def is_ranged(fact: str) -> bool:
    """Whether a fact is a number, and grouped by range."""
    return FACTS[fact].unit not in {Unit.FLAG, Unit.CODE}
