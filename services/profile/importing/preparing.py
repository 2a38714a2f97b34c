"""Makes checked rows ready for their table: what they refer to resolved, judged against it, and encoded for COPY."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from services.profile.importing.checking import no_problems
from services.profile.importing.encoding import copy_stream
from services.profile.importing.references import Connection, References, against_account
from services.profile.importing.targets import TARGETS, Target
from services.profile.vault import Vault


@dataclass(frozen=True)
class Ready:
    """`height` rows as a COPY stream, problems of rows that are not among them, and whose the rows are: ids of accounts
    (`account_id`) or else of customers (`customer_id`)."""

    height: int
    stream: tuple[bytes, ...]
    problems: pl.DataFrame
    owners: pl.Series
    standing: int = 0
    """How many customers had been merged or forgotten when the rows' customers were looked up."""


async def learn(connection: Connection, kind: str, rows: pl.DataFrame, references: References) -> None:
    """Look up what the rows refer to, as far as it is not known."""
    await references.learn(connection, rows, TARGETS[kind].references)


def ready(kind: str, rows: pl.DataFrame, references: References, vault: Vault) -> Ready:
    """Processor work only, so that it can run in a thread while the database writes something else."""
    target = TARGETS[kind]
    rows, unknown = references.resolved(rows, target.references)
    forbidden = no_problems()
    if kind in {"balances", "transactions"}:
        rows, forbidden = against_account(rows)
    if kind == "transactions":
        rows = with_counterparties(rows, vault)
    if kind == "products":
        rows = rows.with_columns(pl.col("overdraft").fill_null(False))
    if "customer_id" in target.key:  # two numbers of one merged customer can say the same
        rows = rows.unique(target.key, keep="last", maintain_order=True)
    owners = next((rows[name] for name in ("account_id", "customer_id") if name in rows.columns), pl.Series(dtype=pl.Binary))
    return Ready(rows.height, tuple(_stream(rows, target)), pl.concat([unknown, forbidden]), owners)


def _stream(rows: pl.DataFrame, target: Target) -> Iterator[bytes]:
    named = rows.select(pl.col(target.sources.get(name, name)).alias(name) for name in target.columns)
    return copy_stream(named, target.columns)


def with_counterparties(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Beside the other account's number, which may be a card elsewhere, its keyed hash: only that is stored."""
    numbers = rows["counterparty_account_no"].drop_nulls().unique().to_list()
    hashed = pl.DataFrame(
        {
            "counterparty_account_no": numbers,
            "counterparty_index": [vault.blinder.index("account", number) for number in numbers],
        },
        schema={"counterparty_account_no": pl.String, "counterparty_index": pl.Binary},
    )
    return rows.join(hashed, on="counterparty_account_no", how="left", maintain_order="left")
