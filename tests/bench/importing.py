"""Importing files against PostgreSQL's own server-side COPY of the same rows into the same tables, and for customers against the
slower of that and of preparing them without a database."""

import contextlib
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from chassis.database import Database
from chassis.ids import new_id
from chassis.migrations import upgrade
from services.profile.importing import import_directory
from services.profile.importing.checking import check
from services.profile.importing.customers import Known, ready_customers
from services.profile.importing.kinds import KINDS
from services.profile.importing.plan import sources
from services.profile.keys import new_keyset
from services.profile.vault import Vault
from tests.bench.row import FOLDER, Row, Size, empty_database

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


def write_customers(path: Path, rows: int) -> None:
    """`rows` residents with identity number, phone, mail and address; every third shares a household."""
    rng = np.random.default_rng(3)
    born = date(1950, 1, 1)
    days = rng.integers(0, 20_000, rows)
    places = pl.int_range(rows, eager=True)
    bodies = pl.DataFrame({"days": days, "place": places}).select(
        pl.format("110101{}{}", (pl.lit(born) + pl.duration(days="days")).dt.strftime("%Y%m%d"),
                  (pl.col("place") % 1_000).cast(pl.String).str.zfill(3)).alias("body"),
    )["body"].to_list()  # fmt: skip
    seen: set[str] = set()
    numbers = [_number(body, seen) for body in bodies]
    pl.DataFrame({"place": places, "days": days, "id_number": numbers}).select(
        pl.format("C{}", pl.col("place").cast(pl.String).str.zfill(9)).alias("customer_no"),
        pl.format("王小明{}", pl.col("place")).alias("name"),
        pl.lit("resident_id").alias("id_type"),
        "id_number",
        pl.format("+86138{}", pl.col("place").cast(pl.String).str.zfill(8)).alias("phone"),
        pl.format("c{}@example.com", pl.col("place")).alias("email"),
        pl.format("北京市东城区某街{}号", pl.col("place")).alias("address"),
        (pl.lit(born) + pl.duration(days="days")).dt.strftime("%Y-%m-%d").alias("birth_date"),
        pl.when(pl.col("id_number").str.slice(16, 1).cast(pl.Int32) % 2 == 1)
        .then(pl.lit("m"))
        .otherwise(pl.lit("f"))
        .alias("sex"),
        pl.format("B{}", pl.col("place") % 50).alias("branch"),
        pl.lit("2020-01-01").alias("opened_on"),
        pl.format("S{}", pl.col("place") % 500).alias("adviser_no"),
        pl.lit("employee").alias("occupation"),
        pl.when(pl.col("place") % 3 == 0).then(pl.format("H{}", pl.col("place") // 6)).alias("household_no"),
    ).write_csv(path)


def _number(body: str, seen: set[str]) -> str:
    """A resident number that no other has: the order within the day is counted up where it is taken (GB 11643)."""
    while body in seen:
        body = body[:14] + f"{(int(body[14:]) + 1) % 1_000:03d}"
    seen.add(body)
    rest = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body)) % 11
    return body + "10X98765432"[rest]


def prepared(folder: Path) -> float:
    """Customers of the file in `folder` read, checked, sealed and encoded in a second, without a database."""
    vault, rows, begun = Vault(_KEYSET), 0, time.perf_counter()
    for source in sources(folder, None, "utf-8"):
        for batch in source.batches(skip=0):
            checked = check(batch.rows, KINDS["customers"], today=NOW.date())
            homes = {number: new_id() for number in checked.rows["household_no"].drop_nulls().unique()}
            rows += len(ready_customers(checked.rows, Known({}, {}, homes, NOW), vault).new)
    return rows / (time.perf_counter() - begun)


async def against_copy(
    database: Database, folder: Path, tables: tuple[str, ...], rows: int, *, rounds: int, beside: tuple[str, ...] = ()
) -> Compared:
    """Import the one file of `folder` into the emptied tables, and COPY what came of it into the emptied tables again. The
    import finds the tables `beside` them empty too."""
    connection = await database.connect()
    ours, limit = [], []
    try:
        directory = await connection.fetchval("SHOW data_directory")  # the server must be able to write there
        files = {table: f"{directory}/bench-{table}.copy" for table in tables}
        for _ in range(rounds):
            await connection.execute(f"TRUNCATE {', '.join([*tables, *beside])} CASCADE; CHECKPOINT")
            ours.append(rows / await _seconds(lambda: import_directory(database, folder, now=NOW, keyset=_KEYSET)))
            for table, file in files.items():
                assert await connection.fetchval(f"SELECT count(*) FROM {table}") == rows
                await connection.execute(f"COPY {table} TO '{file}'")
            await connection.execute(f"TRUNCATE {', '.join(tables)} CASCADE; CHECKPOINT")
            limit.append(rows / await _seconds(lambda: connection.execute(_copies(files))))
        for file in files.values():
            _remove(file)
    finally:
        await connection.close()
    return Compared(statistics.median(ours), statistics.median(limit))


def _copies(files: Mapping[str, str]) -> str:
    return "; ".join(f"COPY {table} FROM '{file}'" for table, file in files.items())


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def import_rows(size: Size) -> list[Row]:
    """Importing balances, transactions and customers from CSV."""
    folder = FOLDER / "import"
    shutil.rmtree(folder, ignore_errors=True)
    counts = {"balances": size.balances, "transactions": size.transactions}
    rows = []
    url = await empty_database("bench_import")
    async with bank(url, accounts=max(counts.values()) // _DAYS, folder=folder) as database:
        for kind, write in (("balances", write_balances), ("transactions", write_transactions)):
            file = _written(folder / kind, write, counts[kind])
            found = await against_copy(database, file, (kind.removesuffix("s"),), counts[kind], rounds=size.rounds)
            what = "server-side COPY of the same rows into the same table"
            rows.append(Row(f"import, {kind}", "rows/s", found.ours, found.limit, what, 0.7))
        file = _written(folder / "customers", write_customers, size.people)
        rows.append(await _customers_row(database, file, size))
    return rows


def _written(folder: Path, write: Callable[[Path, int], None], rows: int) -> Path:
    folder.mkdir()
    write(folder / f"{folder.name}.csv", rows)
    return folder


async def _customers_row(database: Database, folder: Path, size: Size) -> Row:
    """The last of the import's rows, since emptying the customers takes all other tables along."""
    tables, beside = ("customer", "data_key"), ("household", "outbox")
    found = await against_copy(database, folder, tables, size.people, rounds=min(size.rounds, 3), beside=beside)
    alone = statistics.median([prepared(folder) for _ in range(min(size.rounds, 3))])
    slower, what = min((alone, "preparing alone"), (found.limit, "COPY into both tables alone"))
    return Row("import, customers", "rows/s", found.ours, slower, f"{what}, the slower of the two", 0.6)
