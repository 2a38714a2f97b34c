"""What the operators write with: numbered parameters, the customers that are asked about, and the rows of selections."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from services.profile.measuring.rules_language.documents import Behaviour, Selection, Transactions

DAY = "$1::date"
"""The day that is computed."""
ZONE = "'Asia/Shanghai'"

Value: TypeAlias = str | int | Sequence[str] | Callable[[date], object]
"""What a parameter is, or how it follows from the day."""


class Scope(StrEnum):
    """The customers a statement is about: `$2` to `$3` in the order of their ids, or those in the array `$2`."""

    RANGE = "range"
    LISTED = "listed"


class Writer:
    """Collects the parameters of one statement. The day is $1, the customers follow, the rule's values come after them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.values: list[Value] = []
        self._before = 3 if scope is Scope.RANGE else 2

    def value(self, value: Value, kind: str) -> str:
        """A parameter of the SQL type `kind`."""
        self.values.append(value)
        return f"${self._before + len(self.values)}::{kind}"

    def texts(self, values: Sequence[str]) -> str:
        """A parameter that is an array of text."""
        return self.value([str(value) for value in values], "text[]")

    def who(self, column: str) -> str:
        """Only the customers that are asked about."""
        return f"{column} BETWEEN $2 AND $3" if self.scope is Scope.RANGE else f"{column} = ANY($2::uuid[])"

    def rows(self, selection: Selection, *, days: int) -> str:
        """A subquery with `customer_id, day, fen, id` of the selected rows of the last `days` days."""
        if selection.transactions is not None:
            return self._transactions(selection.transactions, days)
        assert selection.behaviour is not None  # the document says so
        return self._behaviour(selection.behaviour, days)

    def _transactions(self, wanted: Transactions, days: int) -> str:
        conditions = [f"t.direction = {self.value(wanted.direction, 'text')}", self.who("a.customer_id")]
        join = ""
        if wanted.kinds:
            conditions.append(f"t.kind = ANY({self.texts(wanted.kinds)})")
        if wanted.mccs:
            conditions.append(f"t.mcc = ANY({self.texts(wanted.mccs)})")
        if wanted.products is not None:
            join = "JOIN product p ON p.code = t.product_code"
            levels, classes = self.texts(wanted.products.risk_levels), self.texts(wanted.products.classes)
            conditions.append(f"(p.risk_level = ANY({levels}) OR p.class = ANY({classes}))")
        if wanted.outside:
            conditions.append(_OUTSIDE)
        return f"""(
    SELECT a.customer_id, t.day, t.fen, t.transaction_no AS id
    FROM account a
    JOIN transaction t ON t.account_id = a.id AND t.day BETWEEN {DAY} - {self.value(days - 1, "int")} AND {DAY} {join}
    WHERE {" AND ".join(conditions)}
)"""  # noqa: S608  # words of ours; every value is a parameter

    def _behaviour(self, wanted: Behaviour, days: int) -> str:
        conditions = [self.who("b.customer_id")]
        if wanted.kinds:
            conditions.append(f"b.kind = ANY({self.texts(wanted.kinds)})")
        if wanted.topics:
            conditions.append(f"b.topic = ANY({self.texts(wanted.topics)})")
        return f"""(
    SELECT b.customer_id, (b.at AT TIME ZONE {ZONE})::date AS day, NULL::bigint AS fen, b.event_no AS id
    FROM behaviour b
    WHERE {" AND ".join(conditions)}
        AND b.at >= ({DAY} - {self.value(days - 1, "int")})::timestamp AT TIME ZONE {ZONE}
        AND b.at < ({DAY} + 1)::timestamp AT TIME ZONE {ZONE}
)"""  # noqa: S608  # as above


_OUTSIDE = """NOT EXISTS (
        SELECT FROM account other
        JOIN customer holder ON holder.id = other.customer_id
        WHERE other.account_index = t.counterparty_index AND (holder.id = a.customer_id OR holder.household_id = (
            SELECT household_id FROM customer me WHERE me.id = a.customer_id
        ))
    )"""
