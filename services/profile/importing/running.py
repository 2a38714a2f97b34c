"""Runs an import: batch by batch, each in its own transaction, the next one read while the database writes the last."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import polars as pl

from chassis.clock import SHANGHAI
from chassis.database import Database, Session, driver
from services.profile.importing.batch import Loaded, Loading
from services.profile.importing.checking import PROBLEMS, Checked, check
from services.profile.importing.customers import ReadyCustomers
from services.profile.importing.kinds import KINDS
from services.profile.importing.plan import Source, sources
from services.profile.importing.preparing import Ready
from services.profile.importing.reading import Batch, FileUnreadable
from services.profile.importing.report import ImportReport, ProblemFile
from services.profile.keys import create_keyset
from services.profile.masters import Wrapping
from services.profile.settings import Settings
from services.profile.vault import Vault

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the file, bytes done and bytes in all."""

_MARKS_KEPT = timedelta(days=7)
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
    dated: date | None = None,
    encoding: str = "utf-8",
) -> ImportReport:
    """Load a folder of files (docs/guide/import.md), through a mapping where it is another bank's own.

    Rows that break a rule are left out and named in `report`; the rest goes in. The same files again change nothing; an
    interrupted load goes on after its last whole batch. `dry_run` does everything and takes it back. `dated` is the day for which
    the files were true, today if not given: rows never overwrite those of a later day. `encoding` is that of plain CSV files; a
    mapping names its own. `keyset` defaults to the one of the service's settings. Raises `FileUnreadable` and `MappingBroken`.
    """
    started = time.monotonic()
    found = sources(directory, mapping, encoding)
    vault = Vault(keyset or create_keyset(Settings.model_construct().keyset))
    done = ImportReport(dry_run=dry_run)
    today = now.astimezone(SHANGHAI).date()
    with ProblemFile(done, report) as problems:
        async with _transactions(database, dry_run=dry_run) as begin:
            run = _Run(vault, today, dated, done, problems, progress, dry_run)
            for source in found:
                await _load_source(source, begin, run)
            if not dry_run:
                await _finish(begin, run)
    done.seconds = time.monotonic() - started
    return done


@dataclass(frozen=True)
class _Run:
    """What all batches of a load share."""

    vault: Vault
    today: date
    dated: date | None
    report: ImportReport
    problems: ProblemFile
    progress: Progress | None
    dry_run: bool
    marks: list[str] = field(default_factory=list)
    """The digests of the files that are in."""


Begin: TypeAlias = Callable[[], "_Transaction"]
_Made: TypeAlias = tuple[Batch, Checked, Ready | ReadyCustomers | None]


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
    digest = await asyncio.to_thread(source.digest, run.dated or run.today)
    run.marks.append(digest)
    async with begin() as session:
        skip = await (await driver(session)).fetchval("SELECT batches FROM load WHERE digest = $1", digest) or 0
    loading = Loading(source.kind, run.vault)
    try:
        run.problems.add(source.file, await asyncio.to_thread(source.unread))
        async for batch, checked, made in _ahead(source, skip, begin, loading, run):
            async with begin() as session:
                loaded = await loading.load(session, checked.rows, made)
                await (await driver(session)).execute(
                    "INSERT INTO load (digest, batches, day) VALUES ($1, $2, $3)"
                    " ON CONFLICT (digest) DO UPDATE SET batches = greatest(load.batches, EXCLUDED.batches)",
                    digest, batch.number + 1, run.today,
                )  # fmt: skip
            _count(run, source, batch, checked, loaded)
    except FileUnreadable as error:
        unreadable = {"line": [0], "field": [""], "rule": ["file-unreadable"], "fix": [str(error)]}
        run.problems.add(source.file, pl.DataFrame(unreadable, schema=PROBLEMS))
    run.report.of(source.kind).seconds += time.monotonic() - started


async def _ahead(source: Source, skip: int, begin: Begin, loading: Loading, run: _Run) -> AsyncIterator[_Made]:
    """Batches, each read, checked and made ready while the one before is being written. A dry run has one transaction for
    everything, so there only reading and checking are done ahead."""
    iterator = source.batches(skip=skip)
    together = not run.dry_run and not loading.in_order

    def checked() -> tuple[Batch, Checked] | None:
        batch = next(iterator, None)
        if batch is None:
            return None
        plain = source.mapped is None
        return batch, check(batch.rows, KINDS[source.kind], today=run.today, dated=run.dated, name_repeated=plain)

    async def following() -> _Made | None:
        found = await asyncio.to_thread(checked)
        if found is None or not together:
            return found and (*found, None)
        async with begin() as session:
            return (*found, await loading.ready(session, found[1].rows))

    upcoming = asyncio.create_task(following())
    try:
        while (current := await upcoming) is not None:
            upcoming = asyncio.create_task(following())
            yield current
    finally:
        if not upcoming.done():
            await asyncio.wait([upcoming])


def _count(run: _Run, source: Source, batch: Batch, checked: Checked, loaded: Loaded) -> None:
    report = run.report.of(source.kind)
    unread = batch.problems["line"].n_unique()
    report.read += checked.read + unread
    lost = loaded.problems["line"].n_unique()
    written = loaded.written
    report.refused += checked.refused + unread + lost
    report.repeated += checked.repeated
    report.created += written.created
    report.changed += written.changed
    report.outdated += written.outdated
    report.unchanged += checked.rows.height - lost - written.created - written.changed - written.outdated
    latest = last_day(checked.rows)
    if latest is not None and (run.report.last_day is None or latest > run.report.last_day):
        run.report.last_day = latest
    run.problems.add(source.file, pl.concat([batch.problems, checked.problems, loaded.problems]))
    if run.progress is not None:
        run.progress(source.file, batch.done, batch.total)


async def _finish(begin: Begin, run: _Run) -> None:
    """The load is whole: forget its marks and those that nobody came back for, and let the planner know what the tables hold
    now."""
    async with begin() as session:
        connection = await driver(session)
        await connection.execute("DELETE FROM load WHERE digest = ANY($1) OR day < $2", run.marks, run.today - _MARKS_KEPT)
        await connection.execute(f"ANALYZE {ANALYZED}")


def last_day(rows: pl.DataFrame) -> date | None:
    """The latest booking day in the rows."""
    latest = rows["day"].max() if "day" in rows.columns and rows.height else None
    return latest if isinstance(latest, date) else None
