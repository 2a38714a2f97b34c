"""Deciding about everybody from a lake, against a bare Polars scan of the same rows; and one day further from kept sums."""

import asyncio
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import numpy as np
import polars as pl

from chassis.database import Database
from chassis.migrations import upgrade
from services.tiering import actions
from services.tiering.bulk.night import CUSTOMERS, HOLDINGS, retier, retier_sums
from services.tiering.bulk.sums import Sums, full_sums, leaving_days, next_day

DAYS = 180
_NOW = datetime(2026, 3, 3, 4, tzinfo=UTC)
_AS_OF = date(2026, 3, 1)
_BLOCK = 20_000
_STANDING = """
INSERT INTO standing (customer_id, tier, reason, fired, automatic, policy_version, number, change, branch, as_of,
                      measures_version, inputs, since, decided_at)
SELECT customer_id, tier, reason, reason, tier, $4, 1, 1, 'B001', $2, 1,
       '{"assets": {"currency": "CNY", "days_30": 0, "days_90": 0, "days_180": 0, "growth_180_bp": null},
         "activity": {"dealings_90": 1, "logins_90": 1, "channels_90": 1, "payroll": true, "products": ["demand"],
                      "contribution_fen": 0},
         "need": {"kind": "settling"},
         "life_cycle": {"life_stage": "family", "relation_stage": "mature", "age": 40, "history_days": 400}}', $3, $3
FROM (SELECT id::uuid AS customer_id, tier, reason FROM unnest($1::text[], $5::text[], $6::text[]) AS g(id, tier, reason))
"""


@dataclass(frozen=True, slots=True)
class Retiering:
    """Seconds for `rows` rows of `customers`, for the bare scan, and for one day further; memory in MB; who differed."""

    customers: int
    rows: int
    seconds: float
    bare_seconds: float
    next_seconds: float
    different: int
    megabytes: int


async def retiering(url: str, folder: Path, customers: int, *, rounds: int) -> Retiering:
    """The best of `rounds` each, in turn, after a first night that brings the standings to the lake's state."""
    await upgrade("tiering", url)
    await asyncio.to_thread(_write, folder, customers)
    database = Database(url, service="tiering")
    await database.open()
    try:
        async with database.begin() as session:
            await actions.seed_policies(session, now=_NOW - timedelta(days=40))
        await _stand(url, folder)
        ours, limit, further, different = [], [], [], 0
        for number in range(rounds):
            begun = time.perf_counter()
            await asyncio.to_thread(_bare, folder)
            limit.append(time.perf_counter() - begun)
            await _disturb(url, customers // 100)
            begun = time.perf_counter()
            out = folder / f"out-{number}"
            night = await retier(database, folder, out, currency="CNY", as_of=_AS_OF, now=_NOW)
            ours.append(time.perf_counter() - begun)
            different = night.different
            await asyncio.to_thread(_keep_sums, folder)
            begun = time.perf_counter()
            await _further(database, folder, folder / f"next-{number}", since=out)
            further.append(time.perf_counter() - begun)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return Retiering(customers, customers * DAYS, min(ours), min(limit), min(further), different, used)
    finally:
        await database.close()


def _bare(folder: Path) -> None:
    """A streaming scan that reads every value once and adds up by customer."""
    scan = pl.scan_parquet(folder / HOLDINGS)
    found = scan.group_by("customer").agg(pl.col("fen").sum(), pl.col("day").max()).collect(engine="streaming")
    assert found.height


def _write(folder: Path, customers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    parts = folder / "parts"
    parts.mkdir()
    listed = []
    for first in range(0, customers, _BLOCK):
        count = min(_BLOCK, customers - first)
        customer = np.arange(first, first + count, dtype=np.int64)
        day = np.arange(DAYS, dtype=np.int32) + (_AS_OF - date(1970, 1, 1)).days - DAYS + 1
        level = random.lognormal(15, 1.6, count).astype(np.int64)
        fen = level[:, None] + random.integers(-5_000, 5_000, (count, DAYS))
        frame = pl.DataFrame(
            {"customer": np.repeat(customer, DAYS), "day": np.tile(day, count), "fen": fen.ravel()}
        ).with_columns(pl.col("day").cast(pl.Date))
        frame.write_parquet(parts / f"{first:012d}.parquet", compression="lz4", row_group_size=DAYS * 5_000)
        ids = [str(UUID(int=number + 1)) for number in customer]
        listed.append(pl.DataFrame({"customer": customer, "customer_id": ids, "contribution_fen": level // 100}))
    pl.scan_parquet(parts / "*.parquet").sink_parquet(folder / HOLDINGS, compression="lz4", row_group_size=DAYS * 5_000)
    pl.concat(listed).write_parquet(folder / CUSTOMERS, compression="lz4")


async def _stand(url: str, folder: Path) -> None:
    """Everybody stands where the lake's averages say."""
    customers = pl.read_parquet(folder / CUSTOMERS)
    averages = pl.concat(
        pl.DataFrame({"customer": part.customer, "average": part.assets["assets_90_fen"]})
        for part in full_sums(folder / HOLDINGS, as_of=_AS_OF)
    )
    stood = customers.join(averages, on="customer", maintain_order="left").with_columns(
        reason=pl.when(pl.col("average") > 50_000_000)
        .then(pl.lit("vip.assets"))
        .when(pl.col("contribution_fen") >= 1_000_000)
        .then(pl.lit("vip.contribution"))
        .otherwise(pl.lit("ordinary.everyday"))
    )
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        version = await connection.fetchval("SELECT max(version) FROM policy WHERE currency = 'CNY' AND status = 'published'")
        for part in stood.iter_slices(50_000):
            reasons = part["reason"].to_list()
            tiers = [reason.partition(".")[0] for reason in reasons]
            await connection.execute(_STANDING, part["customer_id"].to_list(), _AS_OF, _NOW, version, tiers, reasons)
        await connection.execute("VACUUM ANALYZE standing")
    finally:
        await connection.close()


async def _disturb(url: str, count: int) -> None:
    """One customer in a hundred stands at another row, so that a night has something to write."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "UPDATE standing SET fired = 'potential.growth' WHERE customer_id IN"
            " (SELECT customer_id FROM standing ORDER BY uuid_hash(customer_id) LIMIT $1)",
            count,
        )
    finally:
        await connection.close()


def _keep_sums(folder: Path) -> None:
    """What one day leaves for the next: the sums, and the values of the days that will leave the windows."""
    kept = pl.concat(part.frame() for part in full_sums(folder / HOLDINGS, as_of=_AS_OF))
    kept.write_parquet(folder / "sums.parquet", compression="lz4")
    days = {0: _AS_OF, **leaving_days(_AS_OF + timedelta(days=1))}
    for name, day in days.items():
        held = pl.scan_parquet(folder / HOLDINGS).filter(pl.col("day") == day).select("customer", "fen").collect()
        listed = kept.select("customer").join(held, on="customer", how="left", maintain_order="left")
        listed.select(pl.col("fen").fill_null(0)).write_parquet(folder / f"day-{name}.parquet", compression="lz4")


async def _further(database: Database, folder: Path, out: Path, *, since: Path) -> None:
    def parts() -> Iterator[Sums]:
        sums = Sums.of_frame(pl.read_parquet(folder / "sums.parquet"))
        values = {name: pl.read_parquet(folder / f"day-{name}.parquet")["fen"].to_numpy() for name in (0, 30, 90, 180, 270)}
        yield next_day(sums, new=values.pop(0), leaving=values)

    tomorrow = _AS_OF + timedelta(days=1)
    await retier_sums(database, parts(), folder / CUSTOMERS, out, currency="CNY", as_of=tomorrow, now=_NOW, since=since)
