"""What rows refer to: accounts, customers and products by their numbers, looked up once for each number and held in a bounded
memory."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import polars as pl

from services.profile.importing.checking import no_problems, problems_of
from services.profile.importing.policy import feed_policy

MOST_KNOWN = 1_000_000
"""Numbers remembered of each kind, 100 bytes each or less; then it begins anew."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class Reference:
    """`query` gives the columns of `schema` for an array of numbers; the first is the number, under the name that rows call
    it."""

    field: str
    rule: str
    fix: str
    query: str
    schema: Mapping[str, pl.DataType]


ACCOUNT = Reference(
    "account_no",
    "account-unknown",
    "Load the account first, or correct the number.",
    "SELECT a.account_no, a.id, a.closed_on, p.class, p.overdraft FROM account a JOIN product p ON p.code = a.product_code"
    " WHERE a.account_no = ANY($1)",
    {
        "account_no": pl.String(),
        "account_id": pl.String(),
        "account_closed_on": pl.Date(),
        "account_class": pl.String(),
        "account_overdraft": pl.String(),
    },
)
CUSTOMER = Reference(
    "customer_no",
    "customer-unknown",
    "Load the customer first, or correct the number.",
    "SELECT customer_no, coalesce(merged_into, id) FROM customer WHERE customer_no = ANY($1) AND forgotten_at IS NULL",
    {"customer_no": pl.String(), "customer_id": pl.String()},
)
PRODUCT = Reference(
    "product_code",
    "product-unknown",
    "Load the product first, or correct the code.",
    "SELECT code, code FROM product WHERE code = ANY($1)",
    {"product_code": pl.String(), "product_id": pl.String()},
)


class References:
    """What is known of the things that rows refer to. Lives as long as one file's load, since the files before it may change
    it."""

    def __init__(self) -> None:
        self._known: dict[str, pl.DataFrame] = {}

    async def learn(self, connection: Connection, rows: pl.DataFrame, references: tuple[Reference, ...]) -> None:
        """Look up the numbers in `rows` that were not met before."""
        for reference in references:
            known = self._known.get(reference.field)
            numbers = rows.select(pl.col(reference.field).drop_nulls().unique())
            if known is not None:
                numbers = numbers.join(known, on=reference.field, how="anti")
            if known is None or numbers.height:
                found = await _looked_up(connection, numbers.to_series().to_list(), reference)
                kept = known if known is not None and known.height + found.height <= MOST_KNOWN else None
                if known is not None and kept is None:  # this batch's own numbers must be there
                    kept = known.join(rows.select(reference.field).unique(), on=reference.field, how="semi")
                self._known[reference.field] = found if kept is None else pl.concat([kept, found])

    def resolved(self, rows: pl.DataFrame, references: tuple[Reference, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows with the ids of what they refer to, without those that refer to nothing known, and a problem for each of those."""
        problems = []
        for reference in references:
            rows = rows.join(self._known[reference.field], on=reference.field, how="left", maintain_order="left")
            found = next(name for name in reference.schema if name != reference.field)
            lost = rows.select((pl.col(reference.field).is_not_null() & pl.col(found).is_null()).alias("lost")).to_series()
            if lost.any():
                problems.append(problems_of(rows, lost, reference.field, reference.rule, reference.fix))
                rows = rows.filter(~lost)
        return rows, pl.concat(problems) if problems else no_problems()


async def _looked_up(connection: Connection, numbers: list[str], reference: Reference) -> pl.DataFrame:
    buffer = io.BytesIO()
    if numbers:
        await connection.copy_from_query(reference.query, numbers, output=buffer, format="csv")
    schema = dict(reference.schema)
    text = buffer.getvalue()
    found = pl.read_csv(text, has_header=False, schema=schema) if text else pl.DataFrame(schema=schema)
    ids = [name for name in schema if name in {"account_id", "customer_id"}]
    return found.with_columns(pl.col(name).str.replace_all("-", "", literal=True).str.decode("hex") for name in ids)


_CLOSED = ("account-closed", "Give a day on which the account was open, or correct its closing day.")
_NEGATIVE = (
    "balance-negative",
    "A deposit is not below zero. Correct the amount, or mark the product with overdraft where one was agreed.",
)


def against_account(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out resolved rows that their account forbids: after its last day, or below zero where no overdraft was agreed."""
    broken = rows.select(
        (pl.col("day") > pl.col("account_closed_on")).fill_null(False).alias("day"),
        _negative(rows).alias("balance"),
    )
    problems = [
        problems_of(rows, broken[field], field, *what)
        for field, what in (("day", _CLOSED), ("balance", _NEGATIVE))
        if broken[field].any()
    ]
    if not problems:
        return rows, no_problems()
    return rows.filter(~(broken["day"] | broken["balance"])), pl.concat(problems)


def _negative(rows: pl.DataFrame) -> pl.Expr:
    if "balance" not in rows.columns:
        return pl.lit(False)
    deposits = [str(kind) for kind in feed_policy().never_negative]
    return (pl.col("balance") < 0) & pl.col("account_class").is_in(deposits) & (pl.col("account_overdraft") != "t")
