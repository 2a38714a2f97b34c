"""Fills a suite with a bank: files in, measures, tiers, a contact plan. The steps wait for the events in between."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx

from chassis.database import Database
from chassis.outbox import CHANNEL
from contracts.desk import StaffBatchIn
from contracts.values import Role
from services.profile.importing import ImportReport, import_directory
from services.profile.keys import open_keyset
from services.profile.measuring import compute
from services.profile.measuring.watermark import tell_watermark
from steward.failures import Failure
from steward.observing import settled
from steward.sample import generate
from steward.sample.staff import staff
from steward.suite import Suite
from steward.timing import Steps, yesterday
from steward.tokens import local_token

SETTLE_SECONDS = 3_600
"""A large bank's events take their time; nothing to do with how long a small one may take."""


class NotSettled(Failure):
    """Events were still on their way when the time was up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The sample bank of a demo."""

    customers: int
    seed: int


@dataclass(frozen=True, slots=True)
class Files:
    """A bank's files and how to read them. `as_of` is the day of the measures: the last day in the data if not given.
    `dated` is the day for which the files were true: today if not given."""

    directory: Path
    mapping: Path | None = None
    report: Path | None = None
    as_of: date | None = None
    dated: date | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Filled:
    """What was done; `imported` is None where the suite had its bank already."""

    imported: ImportReport | None


async def fill(suite: Suite, wanted: Wanted, *, steps: Steps) -> Filled:
    """Make a sample bank and take it in, unless the suite has a bank. Raises `NotSettled`.

    What is being made is noted in `filling.json` until it is done: a demo that was interrupted goes on with the same bank.
    """
    note = suite.folder / "filling.json"
    if note.exists():
        begun = json.loads(note.read_text())
        wanted, as_of = Wanted(begun["customers"], begun["seed"]), date.fromisoformat(begun["as_of"])
    elif await _has_customers(suite):
        return Filled(imported=None)
    else:
        as_of = yesterday()
        note.write_text(json.dumps({"customers": wanted.customers, "seed": wanted.seed, "as_of": as_of.isoformat()}))
    folder = suite.folder / "sample"
    with steps.step("sample bank") as advance:
        await asyncio.to_thread(
            generate,
            folder,
            customers=wanted.customers,
            seed=wanted.seed,
            as_of=as_of,
            progress=lambda _, done, total: advance(done, total),
        )
    with steps.step("staff directory"):
        await _introduce_staff(suite)
    filled = await fill_from(suite, Files(folder, as_of=as_of), steps=steps)
    note.unlink()
    return filled


async def fill_from(suite: Suite, files: Files, *, steps: Steps) -> Filled:
    """Take a bank's files in and let everything follow from it. Raises `NotSettled`."""
    report = await take_in(suite, files, steps=steps)
    as_of = files.as_of or report.last_day or yesterday()
    async with _profile(suite) as database:
        async with database.begin() as session:  # whole files were taken in: the feed is complete to their last day
            await tell_watermark(session, day=as_of, now=database.clock.now())
        with steps.step("measures and signals") as advance:
            await compute(database, as_of=as_of, now=database.clock.now(), progress=advance)
        await database.pool.execute(f"NOTIFY {CHANNEL}")
    with steps.step("tiers"):
        await _wait(suite, "profile", "tiering")
    with steps.step("contact plan"):
        await _wait(suite)
    return Filled(imported=report)


async def take_in(suite: Suite, files: Files, *, steps: Steps, dry_run: bool = False) -> ImportReport:
    """Load the files into profile's database."""
    async with _profile(suite) as database:
        with steps.step("import") as advance:
            return await import_directory(
                database,
                files.directory,
                mapping=files.mapping,
                dry_run=dry_run,
                report=files.report,
                progress=lambda _, done, total: advance(done, total),
                now=database.clock.now(),
                keyset=open_keyset(suite.keys.keyset),
                dated=files.dated,
                encoding=files.encoding,
            )


async def _introduce_staff(suite: Suite) -> None:
    """Put the branches' people into the case desk's directory, through the gateway as a bank would."""
    token = local_token(suite.folder, roles=[Role.OPERATOR])
    body = StaffBatchIn(items=staff()).model_dump(mode="json")
    async with httpx.AsyncClient(base_url=suite.url("gateway"), headers={"Authorization": f"Bearer {token}"}) as client:
        (await client.post("/v1/staff", json=body)).raise_for_status()


async def _has_customers(suite: Suite) -> bool:
    async with _profile(suite) as database:
        return bool(await database.pool.fetchval("SELECT EXISTS (SELECT FROM customer)"))


@contextlib.asynccontextmanager
async def _profile(suite: Suite) -> AsyncIterator[Database]:
    database = Database(suite.databases["profile"], service="profile")
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _wait(suite: Suite, *names: str) -> None:
    if not await settled(suite, names, timeout_seconds=SETTLE_SECONDS):
        raise NotSettled(f"events were still on their way after {SETTLE_SECONDS} seconds: see `steward status`")
