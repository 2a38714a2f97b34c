"""Importing files against PostgreSQL's own server-side COPY of the same rows into the same tables."""

import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from chassis.database import Database
from chassis.migrations import upgrade
from services.profile.importing import import_directory
from services.profile.keys import new_keyset

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
_FIRST = date(2025, 1, 1)
_DAYS = 100
_KEYSET = new_keyset()


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows a second: ours, and COPY's. Medians of the rounds, which took turns."""

    ours: float
    limit: float


@contextlib.asynccontextmanager
async def bank(url: str, *, accounts: int, folder: Path) -> AsyncIterator[Database]:
    """A migrated database with a customer and so many accounts."""
    await upgrade("profile", url)
    database = Database(url, service="profile")
    await database.open()
    try:
        book = folder / "book"
        book.mkdir(parents=True, exist_ok=True)
        (book / "products.csv").write_text("product_code,class,currency\nDEM,demand,CNY\nFUN,fund,CNY\n")
        (book / "customers.csv").write_text(
            "customer_no,id_type,birth_date,sex,branch,opened_on\nC1,none,1990-01-01,f,B1,2020-01-01\n"
        )
        pl.DataFrame({"account_no": account_numbers(accounts)}).with_columns(
            customer_no=pl.lit("C1"), product_code=pl.lit("DEM"), currency=pl.lit("CNY"), opened_on=pl.lit("2020-01-01")
        ).write_csv(book / "accounts.csv")
        await import_directory(database, book, now=NOW, keyset=_KEYSET)
        yield database
    finally:
        await database.close()


def account_numbers(count: int) -> pl.Series:
    """A000000000, A000000001, …"""
    return pl.select(pl.format("A{}", pl.int_range(count).cast(pl.String).str.zfill(9)).alias("account_no")).to_series()


def write_balances(path: Path, rows: int) -> None:
    """`rows` closing balances of 100 days for each account, account by account."""
    places = pl.int_range(rows, eager=True)
    rng = np.random.default_rng(1)
    pl.DataFrame({"place": places, "fen": rng.integers(0, 100_000_000, rows)}).select(
        pl.format("A{}", (pl.col("place") // _DAYS).cast(pl.String).str.zfill(9)).alias("account_no"),
        (pl.lit(_FIRST) + pl.duration(days=pl.col("place") % _DAYS)).dt.strftime("%Y-%m-%d").alias("day"),
        (pl.col("fen") / 100).alias("balance"),
    ).write_csv(path, float_precision=2)


def write_transactions(path: Path, rows: int) -> None:
    """`rows` bookings over 100 days, account by account, with card payments, transfers and purchases of funds."""
    rng = np.random.default_rng(2)
    kinds = pl.Series(["card", "transfer", "bill", "purchase", "salary"])
    frame = pl.DataFrame(
        {
            "place": pl.int_range(rows, eager=True),
            "fen": rng.integers(1, 1_000_000, rows),
            "kind": kinds.gather(rng.choice(5, rows, p=[0.6, 0.2, 0.1, 0.05, 0.05])),
            "other": rng.integers(0, max(rows // 20, 1), rows),
        }
    )
    card, transfer, purchase = (pl.col("kind") == kind for kind in ("card", "transfer", "purchase"))
    frame.select(
        pl.format("T{}", pl.col("place").cast(pl.String).str.zfill(12)).alias("transaction_no"),
        pl.format("A{}", (pl.col("place") // _DAYS).cast(pl.String).str.zfill(9)).alias("account_no"),
        (pl.lit(_FIRST) + pl.duration(days=pl.col("place") % _DAYS)).dt.strftime("%Y-%m-%d").alias("day"),
        (pl.col("fen") / 100).alias("amount"),
        pl.when(pl.col("kind") == "salary").then(pl.lit("credit")).otherwise(pl.lit("debit")).alias("direction"),
        "kind",
        pl.when(card).then(pl.lit("5812")).alias("mcc"),
        pl.when(transfer).then(pl.format("X{}", pl.col("other").cast(pl.String).str.zfill(10))).alias("counterparty_account_no"),
        pl.when(purchase).then(pl.lit("FUN")).alias("product_code"),
        pl.when(card).then(pl.lit("card")).otherwise(pl.lit("app")).alias("channel"),
    ).write_csv(path, float_precision=2)


async def against_copy(database: Database, folder: Path, table: str, rows: int, *, rounds: int) -> Compared:
    """Import the one file of `folder` into the emptied table, and COPY what came of it into the emptied table again."""
    connection = await database.connect()
    ours, limit = [], []
    try:
        copied = await connection.fetchval("SHOW data_directory") + f"/bench-{table}.copy"  # the server must be able to write it
        for _ in range(rounds):
            await connection.execute(f"TRUNCATE {table}; CHECKPOINT")
            ours.append(rows / await _seconds(lambda: import_directory(database, folder, now=NOW, keyset=_KEYSET)))
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == rows
            await connection.execute(f"COPY {table} TO '{copied}'")
            await connection.execute(f"TRUNCATE {table}; CHECKPOINT")
            limit.append(rows / await _seconds(lambda: connection.execute(f"COPY {table} FROM '{copied}'")))
        _remove(copied)
    finally:
        await connection.close()
    return Compared(statistics.median(ours), statistics.median(limit))


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun
