"""People and their accounts to the tables of the import format."""

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from steward.sample.behaviour import Event
from steward.sample.days import Days
from steward.sample.facts import Assessment
from steward.sample.people import Person
from steward.sample.products import PRODUCTS
from steward.sample.truth import Truth
from steward.sample.work import Employer
from steward.sample.writer import text, yuan

BLOCK_ROWS = 10_000_000
"""Numbers of transactions and events that a block may use."""

_EPOCH = date(1970, 1, 1)


def products() -> pl.DataFrame:
    """The product list."""
    return pl.DataFrame(
        [
            text("product_code", [product.code for product in PRODUCTS]),
            text("class", [product.kind for product in PRODUCTS]),
            text("risk_level", [product.risk_level for product in PRODUCTS]),
            text("currency", ["CNY"] * len(PRODUCTS)),
        ]
    )


def customers(people: Sequence[Person], employers: Sequence[Employer]) -> pl.DataFrame:
    """One row a customer. Referral codes are empty: these people came before there were any."""
    return pl.DataFrame(
        [
            text("customer_no", [person.customer_no for person in people]),
            text("name", [person.family_name + person.given_name for person in people]),
            text("id_type", [person.id_type for person in people]),
            text("id_number", [person.id_number for person in people]),
            text("phone", [person.phone for person in people]),
            text("email", [person.email for person in people]),
            text("address", [person.address for person in people]),
            pl.Series("birth_date", [person.birth for person in people], dtype=pl.Date),
            text("sex", [person.sex for person in people]),
            text("branch", [person.branch.code for person in people]),
            pl.Series("opened_on", [person.opened for person in people], dtype=pl.Date),
            text("adviser_no", [person.adviser_no for person in people]),
            text("occupation", [person.occupation for person in people]),
            text("employer_no", [None if person.employer is None else employers[person.employer].number for person in people]),
            text("household_no", [person.household for person in people]),
            text("referral_code", [None] * len(people)),
        ]
    )


def accounts(people: Sequence[Person], days: Days) -> pl.DataFrame:
    """One row an account."""
    rows = [(person.customer_no, account) for person in people for account in person.accounts]
    return pl.DataFrame(
        [
            text("account_no", [account.number for _, account in rows]),
            text("customer_no", [customer_no for customer_no, _ in rows]),
            text("product_code", [account.product.code for _, account in rows]),
            text("currency", ["CNY"] * len(rows)),
            pl.Series("opened_on", [days.on(account.opened) for _, account in rows], dtype=pl.Date),
            pl.Series("closed_on", [None] * len(rows), dtype=pl.Date),
            text("card_no", [account.card_no for _, account in rows]),
        ]
    )


def transactions(people: Sequence[Person], days: Days, *, block: int) -> pl.DataFrame:
    """One row a flow, each account's in order of days."""
    numbers: list[str] = []
    columns: list[list[int] | list[str | None]] = [[] for _ in range(7)]
    for person in people:
        for account in person.accounts:
            if account.flows:
                account.flows.sort(key=lambda flow: flow[0])
                numbers.extend([account.number] * len(account.flows))
                for column, values in zip(
                    columns, zip(*account.flows, strict=True), strict=False
                ):  # a flow knows more than a file
                    column.extend(values)
    day, fen, kind, mcc, counterparty, product, channel = columns
    frame = pl.DataFrame(
        [
            text("account_no", numbers),
            pl.Series("day", day, dtype=pl.Int32),
            pl.Series("amount", fen, dtype=pl.Int64),
            pl.Series("kind", kind, dtype=pl.String),
            pl.Series("mcc", mcc, dtype=pl.String),
            pl.Series("counterparty_account_no", counterparty, dtype=pl.String),
            pl.Series("product_code", product, dtype=pl.String),
            pl.Series("channel", channel, dtype=pl.String),
        ]
    )
    direction = pl.when(pl.col("amount") > 0).then(pl.lit("credit")).otherwise(pl.lit("debit")).alias("direction")
    return frame.with_columns(direction, pl.col("amount").abs()).select(
        _number("T", block), "account_no", _day(days), yuan("amount"), "direction", "kind", "mcc",
        "counterparty_account_no", "product_code", "channel",
    ).rename({"number": "transaction_no"})  # fmt: skip


def balances(people: Sequence[Person], days: Days) -> pl.DataFrame:
    """Closing balances: an account's first day, and then each day on which it changed."""
    numbers: list[str] = []
    changes: list[tuple[int, int]] = []
    for person in people:
        for account in person.accounts:
            found = account.changes()
            found.sort(key=lambda change: change[0])
            numbers.extend([account.number] * len(found))
            changes.extend(found)
    frame = pl.DataFrame(
        [
            text("account_no", numbers),
            pl.Series("day", [day for day, _ in changes], dtype=pl.Int32),
            pl.Series("balance", [fen for _, fen in changes], dtype=pl.Int64),
        ]
    )
    number, day = pl.col("account_no"), pl.col("day")
    closing = frame.with_columns(pl.col("balance").cum_sum().over("account_no")).filter(
        number.ne_missing(number.shift(-1)) | day.ne_missing(day.shift(-1))
    )
    changed = number.ne_missing(number.shift(1)) | (pl.col("balance") != pl.col("balance").shift(1))
    return closing.filter(changed).select("account_no", _day(days), yuan("balance"))


def behaviour(events: Iterable[tuple[str, list[Event]]], days: Days, *, block: int) -> pl.DataFrame:
    """One row an event, each customer's in order of time."""
    rows = [(customer_no, *event) for customer_no, found in events for event in sorted(found, key=lambda event: event.second)]
    midnight = (days.first - _EPOCH).days * 86_400 - 8 * 3_600
    at = pl.Series("at", [(row[1] + midnight) * 1_000_000 for row in rows], dtype=pl.Int64)
    frame = pl.DataFrame(
        [
            text("customer_no", [row[0] for row in rows]),
            at.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone("Asia/Shanghai"),
            text("kind", [row[2] for row in rows]),
            text("topic", [row[3] for row in rows]),
            text("channel", [row[4] for row in rows]),
        ]
    )
    return frame.select(_number("B", block), pl.all()).rename({"number": "event_no"})


def facts(people: Sequence[Person]) -> pl.DataFrame:
    """One row a fact."""
    rows = [(person.customer_no, *fact) for person in people for fact in person.facts]
    return pl.DataFrame(
        [
            text("customer_no", [row[0] for row in rows]),
            text("fact", [row[1] for row in rows]),
            text("value", [row[2] for row in rows]),
            pl.Series("since", [row[3] for row in rows], dtype=pl.Date),
        ]
    )


def assessments(found: Iterable[tuple[str, Assessment]]) -> pl.DataFrame:
    """One row a risk assessment."""
    rows = list(found)
    return pl.DataFrame(
        [
            text("customer_no", [customer_no for customer_no, _ in rows]),
            pl.Series("assessed_on", [assessment.day for _, assessment in rows], dtype=pl.Date),
            text("level", [assessment.level for _, assessment in rows]),
        ]
    )


def truth(rows: Sequence[Truth]) -> pl.DataFrame:
    """One row a label."""
    return pl.DataFrame(
        [
            text("customer_no", [row.customer_no for row in rows]),
            text("kind", [row.kind for row in rows]),
            text("label", [row.label for row in rows]),
            pl.Series("day", [row.day for row in rows], dtype=pl.Date),
            text("cause", [row.cause for row in rows]),
        ]
    )


def _number(prefix: str, block: int) -> pl.Expr:
    serial = pl.int_range(1, pl.len() + 1, dtype=pl.Int64) + block * BLOCK_ROWS
    return pl.format(prefix + "{}", serial.cast(pl.String).str.zfill(12)).alias("number")


def _day(days: Days) -> pl.Expr:
    return (pl.col("day") + (days.first - _EPOCH).days).cast(pl.Date).alias("day")
