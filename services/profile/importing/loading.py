"""Puts checked rows into their table: COPY into a temporary table, then one set-based upsert by business key.

Rows that equal what is stored are not touched; later corrections win. Nothing loops over rows except the sealing of identities.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import polars as pl

from chassis.database import Session, driver
from services.profile.importing.checking import LINE, PROBLEMS, no_problems
from services.profile.importing.targets import Reference, Target


@dataclass(frozen=True)
class Loaded:
    """Rows written and left alone, and a problem for every row whose reference is unknown."""

    created: int
    changed: int
    problems: pl.DataFrame


async def load(session: Session, rows: pl.DataFrame, target: Target) -> Loaded:
    """Upsert checked rows; `rows` holds `line` and the staged columns."""
    connection = await driver(session)
    await stage(connection, rows, target.staged)
    problems = [await _unresolved(connection, reference) for reference in target.references]
    written = await connection.fetchrow(upsert_statement(target))
    assert written is not None  # an aggregate gives one row
    return Loaded(written["created"], written["changed"], pl.concat(problems) if problems else no_problems())


async def stage(connection: "asyncpg.Connection[asyncpg.Record]", rows: pl.DataFrame, columns: Mapping[str, str]) -> None:
    """Copy rows into the temporary table `staged`, which ends with the transaction."""
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    await connection.execute(f"DROP TABLE IF EXISTS staged; CREATE TEMP TABLE staged (line bigint, {declared}) ON COMMIT DROP")
    buffer = io.BytesIO()
    rows.select(LINE, *(_copied(name, kind) for name, kind in columns.items())).write_csv(
        buffer, include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%.6f+00:00"
    )
    buffer.seek(0)
    await connection.copy_to_table("staged", source=buffer, columns=[LINE, *columns], format="csv")
    # a rough idea of the rows is all that the planner needs here, and costs a tenth
    await connection.execute("SET LOCAL default_statistics_target = 10; ANALYZE staged; RESET default_statistics_target")


def _copied(name: str, kind: str) -> pl.Expr:
    column = pl.col(name)
    return pl.format("\\x{}", column.bin.encode("hex")).alias(name) if kind == "bytea" else column


async def _unresolved(connection: "asyncpg.Connection[asyncpg.Record]", reference: Reference) -> pl.DataFrame:
    """Lines of staged rows whose reference is unknown; they are taken out."""
    given = f"s.{reference.field} IS NOT NULL AND " if reference.optional else ""
    lines = await connection.fetch(
        f"DELETE FROM staged t USING (SELECT s.line FROM staged s {reference.join} WHERE {given}{reference.found} IS NULL) gone"  # noqa: S608  # names and statements of ours only
        " WHERE t.line = gone.line RETURNING t.line"
    )
    count = len(lines)
    return pl.DataFrame(
        {
            LINE: [row["line"] for row in lines],
            "field": [reference.field] * count,
            "rule": [reference.rule] * count,
            "fix": [reference.fix] * count,
        },
        schema=PROBLEMS,
    )


def upsert_statement(target: Target) -> str:
    """The upsert from `staged`. Rows that are the same are filtered before, so they are neither locked nor rewritten."""
    columns = list(target.columns)
    fixed = {*target.key, "id"}
    updated = [name for name in columns if name not in fixed] or list(target.key)
    joins = " ".join(reference.join for reference in target.references if not reference.optional)
    same_key = " AND ".join(f't."{name}" = {target.columns[name]}' for name in target.key)
    compared = [name for name in updated if not name.endswith("_sealed")]
    same_rest = " AND ".join(f't."{name}" IS NOT DISTINCT FROM {target.columns[name]}' for name in compared)
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f"""
WITH written AS (
    INSERT INTO {target.table} ({quoted})
    SELECT {", ".join(target.columns.values())}
    FROM staged s {joins}
    -- LIMIT keeps this a look-up by key for each row: as a plain anti-join the planner may read the whole table for every batch
    LEFT JOIN LATERAL (SELECT {same_rest} AS same FROM {target.table} t WHERE {same_key} LIMIT 1) known ON true
    WHERE known.same IS NOT TRUE
    ORDER BY {", ".join(target.columns[name] for name in target.key)}
    ON CONFLICT ({", ".join(f'"{name}"' for name in target.key)})
    DO UPDATE SET {", ".join(f'"{name}" = EXCLUDED."{name}"' for name in updated)}
    RETURNING (xmax = 0) AS fresh
)
SELECT count(*) FILTER (WHERE fresh) AS created, count(*) FILTER (WHERE NOT fresh) AS changed FROM written
"""  # noqa: S608  # names from targets.py only
