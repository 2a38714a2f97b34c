"""Rows that need no running suite: the scan, the audit log, policies, masking."""

import shutil
from collections.abc import Awaitable, Callable
from typing import Final

from tests.bench import audit_log, masking, policy, retiering, wording
from tests.bench.importing import import_rows
from tests.bench.row import FOLDER, Row, Size, empty_database


async def scan_rows(size: Size) -> list[Row]:
    """What may be said, on one core. The limit is the goal itself: there is no bare program that answers the same question."""
    rate = wording.megabytes_per_second(seconds=size.scan_seconds, rounds=size.rounds)
    return [Row("scan for 2,000 phrases", "MB/s", rate, wording.GOAL_MB_PER_SECOND, "the goal, 100 MB/s", 1.0)]


async def log_rows(size: Size) -> list[Row]:
    """Appending to the audit log, and verifying an export of it offline."""
    ours, limit = await audit_log.appending(await empty_database("bench_log"), size.appended, rounds=size.rounds)
    rows = [Row("audit log, appended", "entries/s", ours, limit, "a bare COPY sequencer, same blocks, columns and indexes", 0.3)]
    found = await audit_log.verifying(FOLDER / "log.zip", size.verified)
    what = f"SHA-256 of each of the same {size.verified:,} entries"
    rows.append(Row("audit log, verified", "entries/s", found.per_second, found.bare_per_second, what, 0.25))
    rows.append(Row("audit log, verified", "s", found.seconds, 10, "10 s for a million entries", 1.0, at_most=True))
    return rows


async def policy_rows(size: Size) -> list[Row]:
    """Simulating a tier policy over everybody before it is published."""
    found = await policy.simulating(await empty_database("bench_policy"), size.simulated, rounds=min(size.rounds, 3))
    name, what = f"policy simulated, {found.customers:,} customers", "a bare grouping that reads one field of the same rows"
    return [
        Row(name, "s", found.seconds, 10, "10 s for a million customers", 1.0, at_most=True),
        Row(name, "s", found.seconds, found.bare_seconds, what, 6.0, at_most=True),
    ]


async def retier_rows(size: Size) -> list[Row]:
    """Deciding about everybody from a lake, and one day further."""
    folder = FOLDER / "lake"
    shutil.rmtree(folder, ignore_errors=True)
    found = await retiering.retiering(await empty_database("bench_retier"), folder, size.decided, rounds=min(size.rounds, 3))
    shutil.rmtree(folder)
    name = f"everybody decided from a lake, {found.customers:,} × {retiering.DAYS} days"
    what = "a streaming Polars scan that adds every value up by customer"
    rate, bare = found.rows / found.seconds, found.rows / found.bare_seconds
    return [
        Row(name, "rows/s", rate, bare, what, 0.5),
        Row("one day further from kept sums", "times", found.seconds / found.next_seconds, 1, "the full run", 10),
    ]


async def masking_rows(size: Size) -> list[Row]:
    """Masking a text of customer care, check digits included, and how right it is."""
    found = masking.measured(sentences=size.sentences, rounds=max(size.rounds, 3))
    ours, plain = found.our_score, found.plain_score
    what = "five plain regular expressions"
    rows = [
        Row("masking", "MB/s", found.ours, found.plain, what, 3.0),
        Row("masking, precision", "share", ours.precision, plain.precision, what, 1.0),
        Row("masking, recall", "share", ours.recall, plain.recall, what, 1.0),
    ]
    if found.presidio is not None:
        rows.append(Row("masking", "MB/s", found.presidio_ours, found.presidio, "presidio's pattern recognizers", 7.0))
    return rows


def missing() -> list[str]:
    """What is compared with only where it is installed, and is not."""
    return [] if masking.presidio() else ["masking against presidio's pattern recognizers: presidio-analyzer is not installed"]


QUIET: Final[tuple[Callable[[Size], Awaitable[list[Row]]], ...]] = (scan_rows, masking_rows)
"""Processor work, measured before anything else runs."""

MAKERS: Final[tuple[Callable[[Size], Awaitable[list[Row]]], ...]] = (log_rows, policy_rows, retier_rows, import_rows)
"""Measured beside the suite's servers, in databases of their own."""
