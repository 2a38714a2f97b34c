"""Bulk import that is cut off, tried without keeping anything, or run beside another one."""

import asyncio
import os
import signal
import sys
from dataclasses import asdict
from datetime import timedelta

import polars as pl
import pytest

from services.profile.importing import import_directory, reading
from services.profile.importing.batch import Loading
from services.profile.importing.checking import LINE, check
from services.profile.importing.kinds import KINDS
from services.profile.vault import Vault
from tests.services.profile.builders import KEYSET, NOW, PRODUCTS, account_row, balance_row, customer_row, fact_row, write

BLOCK_BYTES = 4_000
CHILD = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from chassis.database import Database
from services.profile.importing import import_directory, reading
from services.profile.keys import open_keyset

async def main(url, folder, keyset, now):
    database = Database(url, service="profile")
    await database.open()
    keys, now = open_keyset(Path(keyset)), datetime.fromisoformat(now)
    tell = lambda file, done, total: print(file, flush=True)
    await import_directory(database, Path(folder), now=now, keyset=keys, progress=tell)

reading.BLOCK_BYTES = int(sys.argv[5])
asyncio.run(main(*sys.argv[1:5]))
"""


async def counts(database, *tables):
    return [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_a_load_whose_process_is_killed_goes_on_with_the_batch_that_was_not_in(database, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", BLOCK_BYTES)
    rows = [customer_row(f"C{number:04d}", household_no=f"H{number // 2}") for number in range(4_000)]
    folder = write(tmp_path / "bank", customers=rows)
    keyset = tmp_path / "keyset.json"
    keyset.write_text(KEYSET.as_json())
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, database.url, str(folder), str(keyset), NOW.isoformat(), str(BLOCK_BYTES),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    for _ in range(3):
        assert await child.stdout.readline() == b"customers.csv\n"
    os.kill(child.pid, signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL
    report = (await import_directory(database, folder, now=NOW, keyset=KEYSET)).of("customers")
    assert 0 < report.read < len(rows)
    assert report.created == report.read  # a batch and its mark are in together, or neither is
    assert await counts(database, "customer", "data_key", "outbox", "load") == [len(rows)] * 3 + [0]


async def test_a_dry_run_counts_and_names_what_the_real_run_does_and_keeps_nothing(load, database):
    await load(
        customers=[customer_row(), customer_row("C2")],
        accounts=[account_row()],
        balances=[balance_row(f"2026-01-{day:02d}", "1") for day in range(1, 9)],
    )
    before = await counts(database, "customer", "account", "balance", "outbox", "household", "load")
    files = {
        "customers": [customer_row(), customer_row("C2", branch="B9"), *[customer_row("C3")] * 2, customer_row("C4", sex="x")],
        "accounts": [account_row(), account_row("A2", "C3"), account_row("A3", "C4"), account_row("A4", closed_on="2026-01-03")],
        "balances": [
            *(balance_row(f"2026-01-{day:02d}", "1") for day in range(1, 4)),
            *(balance_row(f"2026-01-{day:02d}", "2", account) for day in range(2, 6) for account in ("A1", "A2", "A3", "A4")),
            balance_row("2026-01-09", "-1"),
        ],
    }  # fmt: skip
    tried = await load(dry_run=True, **files)
    assert await counts(database, "customer", "account", "balance", "outbox", "household", "load") == before
    done = await load(**files)
    for kind in KINDS:
        assert {**asdict(tried.of(kind)), "seconds": 0} == {**asdict(done.of(kind)), "seconds": 0}
    assert tried.problems == done.problems
    balances = done.of("balances")
    assert min(balances.created, balances.changed, balances.unchanged, balances.refused, balances.repeated) > 0


async def cut_off(database, folder):
    """Import 60 customers in small batches until half of the file is in; how many are."""
    write(folder, customers=[customer_row(f"C{number:04d}") for number in range(60)])

    def stop(_, done, total):
        if done * 2 > total:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await import_directory(database, folder, now=NOW, keyset=KEYSET, progress=stop)
    half = await database.pool.fetchval("SELECT count(*) FROM customer")
    assert 0 < half < 60
    return half


async def test_another_import_that_ends_leaves_the_marks_of_one_that_was_cut_off(database, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1_000)
    half = await cut_off(database, tmp_path / "cut")
    await import_directory(database, write(tmp_path / "other", products=PRODUCTS), now=NOW, keyset=KEYSET)
    report = await import_directory(database, tmp_path / "cut", now=NOW, keyset=KEYSET)
    assert report.of("customers").read == 60 - half


async def test_a_file_that_was_cut_off_and_comes_again_for_another_day_is_read_anew(database, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1_000)
    half = await cut_off(database, tmp_path)
    next_day = NOW.date() + timedelta(days=1)
    report = await import_directory(database, tmp_path, now=NOW, keyset=KEYSET, dated=next_day)
    assert (report.of("customers").read, report.of("customers").created) == (60, 60 - half)
    assert await database.pool.fetchval("SELECT min(dated) FROM customer") == next_day


async def test_marks_that_nobody_came_back_for_go_after_a_week(database, tmp_path):
    today = NOW.date()
    days = [today - timedelta(days=8), today - timedelta(days=7)]
    await database.pool.execute("INSERT INTO load SELECT day::text, 1, day FROM unnest($1::date[]) AS day", days)
    await import_directory(database, write(tmp_path, products=PRODUCTS), now=NOW, keyset=KEYSET)
    assert await database.pool.fetchval("SELECT array_agg(day) FROM load") == days[1:]


async def test_rows_of_a_customer_who_is_forgotten_after_they_were_made_ready_are_left_out(load, database):
    await load(customers=[customer_row(), customer_row("C2")])
    frame = pl.DataFrame([{LINE: line, **fact_row("pets", str(line), customer_no=f"C{line}")} for line in (1, 2)])
    rows = check(frame, KINDS["facts"], today=NOW.date()).rows
    loading = Loading("facts", Vault(KEYSET))
    async with database.begin() as session:
        made = await loading.ready(session, rows)
    await database.pool.execute("UPDATE customer SET forgotten_at = $1 WHERE customer_no = 'C2'", NOW)
    async with database.begin() as session:
        loaded = await loading.load(session, rows, made)
        later = await loading.ready(session, rows)
    assert [(line, rule) for line, _, rule, _ in loaded.problems.iter_rows()] == [(2, "customer-unknown")]
    assert later.height == 1
    assert await database.pool.fetchval("SELECT array_agg(value) FROM fact") == ["1"]
