"""Runs an import: batch by batch, each in its own transaction, the next one read while the database writes the last."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

import polars as pl

from chassis.clock import SHANGHAI
from chassis.database import Database, Session, driver
from services.profile.importing.checking import PROBLEMS, Checked, check
from services.profile.importing.customers import last_day, load_accounts, load_customers, with_counterparties
from services.profile.importing.kinds import KINDS
from services.profile.importing.loading import Loaded, load
from services.profile.importing.plan import Source, sources
from services.profile.importing.reading import Batch, FileUnreadable
from services.profile.importing.report import ImportReport, ProblemFile
from services.profile.importing.targets import TARGETS
from services.profile.keys import create_keyset
from services.profile.masters import Wrapping
from services.profile.settings import Settings
from services.profile.vault import Vault

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the file, bytes done and bytes in all."""

ANALYZED = "customer, household, product, account, balance, transaction, behaviour, fact, assessment"


async def import_directory(
    database: Database,
    directory: Path,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    report: Path | None = None,
    progress: Progress | None = None,
    now: datetime,
    keyset: Wrapping | None = None,
) -> ImportReport:
    """Load a folder of files (docs/guide/import.md), through a mapping where it is another bank's own.

    Rows that break a rule are left out and named in `report`; the rest goes in. The same files again change nothing; an
    interrupted load goes on after its last whole batch. `dry_run` does everything and takes it back. `keyset` defaults to the one
    of the service's settings. Raises `FileUnreadable` and `MappingBroken`.
    """
    started = time.monotonic()
    found = sources(directory, mapping)
    vault = Vault(keyset or create_keyset(Settings.model_construct().keyset))
    done = ImportReport(dry_run=dry_run)
    today = now.astimezone(SHANGHAI).date()
    with ProblemFile(done, report) as problems:
        async with _transactions(database, dry_run=dry_run) as begin:
            for source in found:
                await _load_source(source, begin, _Run(vault, today, done, problems, progress, dry_run))
            if not dry_run:
                await _finish(begin)
    done.seconds = time.monotonic() - started
    return done


class _Run:
    """What all batches of a load share."""

    def __init__(
        self,
        vault: Vault,
        today: date,
        report: ImportReport,
        problems: ProblemFile,
        progress: Progress | None,
        dry_run: bool,
    ) -> None:
        self.vault = vault
        self.today = today
        self.report = report
        self.problems = problems
        self.progress = progress
        self.dry_run = dry_run


Begin: TypeAlias = Callable[[], "_Transaction"]


class _Transaction:
    """A transaction of its own for each batch, or one session for a dry run, which is never committed."""

    def __init__(self, database: Database, session: Session | None) -> None:
        self._edge = None if session is not None else database.begin()
        self._session = session

    async def __aenter__(self) -> Session:
        if self._edge is None:
            assert self._session is not None  # one of the two is given
            return self._session
        return await self._edge.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        if self._edge is not None:
            await self._edge.__aexit__(*error)  # type: ignore[arg-type]  # the three values of __aexit__


@asynccontextmanager
async def _transactions(database: Database, *, dry_run: bool) -> AsyncIterator[Begin]:
    if not dry_run:
        yield lambda: _Transaction(database, None)
        return
    session = database.session()
    try:
        yield lambda: _Transaction(database, session)
    finally:
        await session.rollback()
        await session.close()


async def _load_source(source: Source, begin: Begin, run: _Run) -> None:
    started = time.monotonic()
    report = run.report.of(source.kind)
    digest = await asyncio.to_thread(source.digest)
    async with begin() as session:
        skip = await (await driver(session)).fetchval("SELECT batches FROM load WHERE digest = $1", digest) or 0
    try:
        async for batch, checked in _ahead(source, skip, run.today):
            async with begin() as session:
                loaded = await _load_batch(session, source.kind, checked, run.vault)
                await (await driver(session)).execute(
                    "INSERT INTO load (digest, batches) VALUES ($1, $2)"
                    " ON CONFLICT (digest) DO UPDATE SET batches = EXCLUDED.batches", digest, batch.number + 1,
                )  # fmt: skip
            _count(run, source, batch, checked, loaded)
    except FileUnreadable as error:
        unreadable = {"line": [0], "field": [""], "rule": ["file-unreadable"], "fix": [str(error)]}
        run.problems.add(source.file, pl.DataFrame(unreadable, schema=PROBLEMS))
    report.seconds += time.monotonic() - started


async def _ahead(source: Source, skip: int, today: date) -> AsyncIterator[tuple[Batch, Checked]]:
    """Batches, each read and checked in a thread while the one before is being written."""
    iterator = source.batches(skip=skip)

    def following() -> tuple[Batch, Checked] | None:
        batch = next(iterator, None)
        return None if batch is None else (batch, check(batch.rows, KINDS[source.kind], today=today))

    upcoming = asyncio.create_task(asyncio.to_thread(following))
    try:
        while (current := await upcoming) is not None:
            upcoming = asyncio.create_task(asyncio.to_thread(following))
            yield current
    finally:
        if not upcoming.done():
            await asyncio.wait([upcoming])


async def _load_batch(session: Session, kind: str, checked: Checked, vault: Vault) -> Loaded:
    return await load_kind(session, kind, checked.rows, vault)


async def load_kind(session: Session, kind: str, rows: pl.DataFrame, vault: Vault) -> Loaded:
    """Upsert checked rows of any kind in the caller's transaction."""
    if kind == "customers":
        return await load_customers(session, rows, vault)
    if kind == "accounts":
        return await load_accounts(session, rows, vault)
    if kind == "transactions":
        rows = with_counterparties(rows, vault)
    return await load(session, rows, TARGETS[kind])


def _count(run: _Run, source: Source, batch: Batch, checked: Checked, loaded: Loaded) -> None:
    report = run.report.of(source.kind)
    unread = batch.problems["line"].n_unique()
    report.read += checked.read + unread
    report.refused += checked.refused + unread + loaded.problems["line"].n_unique()
    report.repeated += checked.read - checked.refused - checked.rows.height
    report.created += loaded.created
    report.changed += loaded.changed
    report.unchanged += checked.rows.height - loaded.problems["line"].n_unique() - loaded.created - loaded.changed
    latest = last_day(checked.rows)
    if latest is not None and (run.report.last_day is None or latest > run.report.last_day):
        run.report.last_day = latest
    run.problems.add(source.file, pl.concat([batch.problems, checked.problems, loaded.problems]))
    if run.progress is not None:
        run.progress(source.file, batch.done, batch.total)


async def _finish(begin: Begin) -> None:
    """The load is whole: forget its marks, and let the planner know what the tables hold now."""
    async with begin() as session:
        connection = await driver(session)
        await connection.execute("DELETE FROM load")
        await connection.execute(f"ANALYZE {ANALYZED}")
