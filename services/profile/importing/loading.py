"""Puts ready rows into their table: COPY straight into it where no row is known yet, else a set-based merge by business key.

Rows that equal what is stored are not touched; of two versions of a row the one with the later day (`dated`) stands, and of one
day the one that came last.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from chassis.database import Session, driver
from services.profile.importing.preparing import Ready
from services.profile.importing.references import Connection
from services.profile.importing.targets import Target


@dataclass(frozen=True)
class Written:
    """Rows that are new, corrected, and left out because a later version is stored."""

    created: int = 0
    changed: int = 0
    outdated: int = 0


class Loader:
    """Writes batches into one table. After a batch that met known rows it merges, until a merged batch met none."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._expect_new = True

    async def write(self, session: Session, ready: Ready) -> Written:
        """Write the rows in the caller's transaction."""
        if not ready.height:
            return Written()
        connection = await driver(session)
        if self._expect_new and await copied(connection, self.target.table, self.target.columns, ready.stream):
            return Written(created=ready.height)
        await stage(connection, ready.stream, self.target.columns)
        found = await connection.fetchrow(merge_statement(self.target))
        assert found is not None  # aggregates give one row
        self._expect_new = found["created"] == ready.height
        return Written(found["created"], found["changed"], found["outdated"])


async def copied(connection: Connection, table: str, columns: Mapping[str, str], stream: Iterable[bytes]) -> bool:
    """Whether the rows went into the table; if one of them was there already, none did."""
    try:
        async with connection.transaction():  # a savepoint
            await copy_rows(connection, table, columns, stream)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def copy_rows(connection: Connection, table: str, columns: Mapping[str, str], stream: Iterable[bytes]) -> None:
    """COPY rows into a table."""
    await connection.copy_to_table(table, source=_fed(stream), columns=list(columns), format="binary")


async def _fed(stream: Iterable[bytes]) -> AsyncIterator[bytes]:
    for block in stream:
        yield block


async def stage(connection: Connection, stream: Iterable[bytes], columns: Mapping[str, str]) -> None:
    """Copy rows into the temporary table `staged`, which ends with the transaction."""
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    await connection.execute(f"DROP TABLE IF EXISTS staged; CREATE TEMP TABLE staged ({declared}) ON COMMIT DROP")
    await copy_rows(connection, "staged", columns, stream)
    # a rough idea of the rows is all that the planner needs here, and costs a tenth
    await connection.execute("SET LOCAL default_statistics_target = 10; ANALYZE staged; RESET default_statistics_target")


def merge_statement(target: Target) -> str:
    """The upsert from `staged`. Rows that say the same are not rewritten, unless to note the later day for which they were
    true."""
    fixed = {*target.key, "id"}
    updated = [name for name in target.columns if name not in fixed]
    compared = [name for name in updated if name != "dated" and not name.endswith("_sealed")]
    key = ", ".join(f'"{name}"' for name in target.key)
    same_key = " AND ".join(f't."{name}" = s."{name}"' for name in target.key)
    same = " AND ".join(f't."{name}" IS NOT DISTINCT FROM s."{name}"' for name in compared) or "true"
    columns = ", ".join(f'"{name}"' for name in target.columns)
    return f"""
WITH judged AS (
    SELECT s.*, known.same, known.dated AS known_dated
    FROM staged s
    -- LIMIT keeps this a look-up by key for each row: as a plain join the planner may read the whole table for every batch
    LEFT JOIN LATERAL (SELECT {same} AS same, t.dated FROM {target.table} t WHERE {same_key} LIMIT 1) known ON true
), written AS (
    INSERT INTO {target.table} ({columns})
    SELECT {columns} FROM judged
    WHERE same IS NULL OR dated > known_dated OR (dated = known_dated AND NOT same)
    ORDER BY {key}
    ON CONFLICT ({key}) DO UPDATE SET {", ".join(f'"{name}" = EXCLUDED."{name}"' for name in updated)}
    WHERE {target.table}.dated <= EXCLUDED.dated
    RETURNING (xmax = 0) AS fresh
)
SELECT count(*) FILTER (WHERE fresh) AS created,
    (SELECT count(*) FROM judged WHERE NOT same AND dated >= known_dated) AS changed,
    (SELECT count(*) FROM judged WHERE NOT same AND dated < known_dated) AS outdated
FROM written
"""  # noqa: S608  # names from targets.py only
