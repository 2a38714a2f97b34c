"""A bank's lake: a connection that Ibis knows, and the tables of the import format in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

KINDS = ("customers", "products", "accounts", "balances", "transactions", "behaviour", "facts")


class LakeIncomplete(ValueError):
    """A table that the measures need is not in the lake."""


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables by kind; columns as in docs/guide/import.md, amounts in major units, further columns do no harm."""

    customers: Table
    products: Table
    accounts: Table
    balances: Table
    transactions: Table
    behaviour: Table
    facts: Table


def lake_of_tables(connection: BaseBackend) -> Lake:
    """Tables or views called as the files are. Raises `LakeIncomplete`."""
    there = set(connection.list_tables())
    return _lake(lambda kind: connection.table(kind) if kind in there else None)


def lake_of_folder(connection: BaseBackend, folder: Path) -> Lake:
    """Parquet files: `<kind>.parquet`, or the parts in a folder `<kind>/`. Raises `LakeIncomplete`."""

    def read(kind: str) -> Table | None:
        file, parts = folder / f"{kind}.parquet", folder / kind
        if file.is_file():
            return connection.read_parquet(str(file), table_name=f"lake_{kind}")
        return connection.read_parquet(str(parts / "*.parquet"), table_name=f"lake_{kind}") if parts.is_dir() else None

    return _lake(read)


def connect(url: str) -> BaseBackend:
    """`duckdb://file`, `duckdb://` in memory, or any other URL of Ibis; moments are UTC."""
    connection = ibis.connect(url)
    if connection.name == "duckdb":
        connection.raw_sql("SET TimeZone = 'UTC'")
    return connection


def _lake(read: Callable[[str], Table | None]) -> Lake:
    tables = {kind: read(kind) for kind in KINDS}
    missing = sorted(kind for kind, table in tables.items() if table is None)
    if missing:
        raise LakeIncomplete(f"the lake has no table {', '.join(missing)}")
    return Lake(**{kind: table for kind, table in tables.items() if table is not None})
