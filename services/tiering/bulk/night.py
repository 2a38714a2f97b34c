"""Everybody under the policy in force, part by part: decide over columns, keep the decisions beside the lake, and take only those
who differ from what stands through the ordinary path, which locks, notes and tells (H2 to H4)."""

import asyncio
import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
from pydantic import TypeAdapter

from chassis.audit import audit
from chassis.clock import SHANGHAI
from chassis.database import Database, Session, driver
from contracts.values import Tier
from services.tiering.actions.deciding import Measured, decide_currency
from services.tiering.actions.finding import in_force
from services.tiering.book import Policy
from services.tiering.bulk.deciding import Column, Decided, decide_columns
from services.tiering.bulk.sums import Sums, concatenated, full_sums
from services.tiering.rules import FACTS, RANK, Measures, Unit, direction
from services.tiering.rules.facts import PLACES

CUSTOMERS, HOLDINGS = "customers.parquet", "holdings.parquet"
PARTS, ENDED = "part-*.parquet", "ended.json"
AT_ONCE = 20_000
ACTOR = "command:retier"
"""Who is in the audit log for a run over the lake."""
_STORED = TypeAdapter(Measures)
_COPY_BEGINS, _COPY_ENDS = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)
_ROW = np.dtype([("fields", ">i2"), ("id_bytes", ">i4"), ("id", "V16"), ("row_bytes", ">i4"), ("row", ">i2"),
                 ("place_bytes", ">i4"), ("place", ">i4")])  # fmt: skip
_DIFFERENT = """
SELECT n.place, s.customer_id, s.branch, s.measures_version, s.inputs::text AS inputs
FROM night n LEFT JOIN standing s ON s.customer_id = n.customer_id
WHERE s.customer_id IS NULL
    OR s.fired <> ($1::text[])[n.row + 1] OR s.policy_version <> $2 OR s.grace_until <= $3 OR s.manual_until <= $3
"""


@dataclass(slots=True)
class Night:
    """What a run did. `unlisted`: customers of the holdings that customers.parquet does not name; `unmeasured`: those whom this
    service has no measures of yet, and who are decided about when profile's event arrives."""

    as_of: date
    customers: int = 0
    different: int = 0
    up: int = 0
    down: int = 0
    unlisted: int = 0
    unmeasured: int = 0
    tiers: dict[Tier, int] = field(default_factory=lambda: dict.fromkeys(RANK, 0))

    def count(self, part: "_Part") -> None:
        """Add a part that was written."""
        self.customers += part.size
        self.unlisted += part.unlisted
        for place, row in enumerate(part.decided.rows):
            self.tiers[row.tier] += int(np.count_nonzero(part.decided.row == place))


async def retier(
    database: Database, folder: Path, out: Path, *, currency: str, as_of: date, now: datetime, since: Path | None = None
) -> Night:
    """Decide about everybody in `folder` as of the end of a day; decisions go to part files in `out`.

    `since` is the `out` of an earlier night: who has the same row as then needs no look at the database, as long as that night
    ended and the policy is the same. What happened to them in between was decided by its own event or timer.

    Raises `NoPolicyInForce`, `FactsMissing`, `PolicyGaveNoRow`, and polars' errors for files of another shape.
    """
    return await retier_sums(database, full_sums(folder / HOLDINGS, as_of=as_of), folder / CUSTOMERS, out,
                             currency=currency, as_of=as_of, now=now, since=since)  # fmt: skip


async def retier_sums(
    database: Database,
    parts: Iterable[Sums],
    customers: Path,
    out: Path,
    *,
    currency: str,
    as_of: date,
    now: datetime,
    since: Path | None = None,
) -> Night:
    """The same from sums that were computed before, in the order of `customers`."""
    night, beside = Night(as_of), _Beside(pl.scan_parquet(customers))
    today = now.astimezone(SHANGHAI).date()
    async with database.begin() as session:
        policy = await in_force(session, currency=currency, today=today)
    mark = {"currency": currency, "policy": policy.version, "digest": policy.digest}
    before = await asyncio.to_thread(_begin, out, since, mark)
    numbered = enumerate(_gathered(parts))

    def following() -> _Part | None:
        number, sums = next(numbered, (0, None))
        if sums is None:
            return None
        part = _part(policy, sums, beside, before, as_of=as_of)
        part.table().write_parquet(out / f"part-{number:05d}.parquet", compression="lz4")
        return part

    # the next part is read and decided while the database compares the last one
    upcoming = asyncio.create_task(asyncio.to_thread(following))
    try:
        while (part := await upcoming) is not None:
            upcoming = asyncio.create_task(asyncio.to_thread(following))
            if part.to_look_at.size:
                async with database.begin() as session:
                    await _write_back(session, part, policy, night, now=now, today=today)
            night.count(part)
    finally:
        await asyncio.wait([upcoming])
    details = {"policy": policy.version, "customers": night.customers, "different": night.different}
    async with database.begin() as session:
        await audit(session, caller=ACTOR, act="tiers.decided", details={**details, "as_of": as_of.isoformat()})
    await asyncio.to_thread((out / ENDED).write_bytes, orjson.dumps(mark))
    return night


def _begin(out: Path, since: Path | None, mark: dict[str, object]) -> "_Beside | None":
    """The folder for tonight's decisions, not ended yet; and those of the earlier night where they count."""
    out.mkdir(parents=True, exist_ok=True)
    (out / ENDED).unlink(missing_ok=True)
    ended = None if since is None else since / ENDED
    if since is None or ended is None or not ended.exists() or orjson.loads(ended.read_bytes()) != mark:
        return None
    return _Beside(pl.scan_parquet(since / PARTS).select("customer", before="reason"))


def _gathered(parts: Iterable[Sums]) -> Iterator[Sums]:
    """Larger parts: the database is asked about so many customers at once."""
    waiting: list[Sums] = []
    for sums in parts:
        waiting.append(sums)
        if sum(len(one.customer) for one in waiting) >= AT_ONCE:
            yield concatenated(waiting)
            waiting = []
    if waiting:
        yield concatenated(waiting)


@dataclass(frozen=True, slots=True)
class _Part:
    as_of: date
    unlisted: int
    people: pl.DataFrame
    columns: dict[str, Column]
    decided: Decided
    to_look_at: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        return self.people.height

    def table(self) -> pl.DataFrame:
        """Everybody's decision: customer, tier, reason, and the measures that it rests on."""
        rows = self.decided.rows
        named = {"tier": [row.tier.value for row in rows], "reason": [row.reason for row in rows]}
        shown = {name: column.values for name, column in self.columns.items() if column.codes is None}
        return self.people.select("customer", "customer_id").with_columns(
            *(pl.Series(name, values, pl.String).gather(self.decided.row).alias(name) for name, values in named.items()),
            *(pl.Series(name, values) for name, values in shown.items()),
        )

    def inputs(self, place: int, stored: str) -> Measures:
        """The stored measures of one customer with the lake's facts in their places."""
        document: dict[str, Any] = orjson.loads(stored)  # Any: a JSON document
        for name, column in self.columns.items():
            if name in PLACES:
                known = column.known is None or column.known[place]
                value = int(column.values[place])
                dimension, member = PLACES[name]
                document[dimension][member] = (column.codes[value] if column.codes else value) if known else None
        return _STORED.validate_python(document, strict=False)


def _part(policy: Policy, sums: Sums, beside: "_Beside", before: "_Beside | None", *, as_of: date) -> _Part:
    people = pl.DataFrame({"customer": sums.customer}).with_row_index("place")
    people = people.join(beside.take(int(sums.customer[-1])), on="customer", how="inner", maintain_order="left")
    places = people["place"].to_numpy()
    growth, known = sums.growth(as_of)
    columns = {name: Column(values[places]) for name, values in sums.assets.items()}
    columns["growth_180_bp"] = Column(growth[places], known[places])
    columns |= {name: _column(people[name], name) for name in people.columns if name in FACTS and name not in columns}
    decided = decide_columns(policy, columns, size=people.height)
    to_look_at = np.arange(people.height)
    if before is not None:
        then = people.select("customer").join(
            before.take(int(sums.customer[-1])), on="customer", how="left", maintain_order="left"
        )["before"]
        reasons = pl.Series([row.reason for row in decided.rows], dtype=pl.String).gather(decided.row)
        to_look_at = np.flatnonzero(then.ne_missing(reasons).to_numpy())
    return _Part(as_of, len(sums.customer) - people.height, people, columns, decided, to_look_at)


def _column(series: pl.Series, name: str) -> Column:
    known = None if series.null_count() == 0 else series.is_not_null().to_numpy()
    if FACTS[name].unit is Unit.CODE:
        choices = FACTS[name].choices
        return Column(series.cast(pl.Enum(choices)).to_physical().fill_null(0).cast(pl.Int64).to_numpy(), known, choices)
    return Column(series.cast(pl.Int64).fill_null(0).to_numpy(), known, (False, True) if FACTS[name].unit is Unit.FLAG else None)


async def _write_back(session: Session, part: _Part, policy: Policy, night: Night, *, now: datetime, today: date) -> None:
    connection = await driver(session)
    await connection.execute("CREATE TEMP TABLE night (customer_id uuid, row smallint, place integer) ON COMMIT DROP")
    source = io.BytesIO(_COPY_BEGINS + _copied(part) + _COPY_ENDS)
    await connection.copy_to_table("night", source=source, format="binary")
    reasons = [row.reason for row in part.decided.rows]
    rows = await connection.fetch(_DIFFERENT, reasons, policy.version, now)
    found = [row for row in rows if row["customer_id"] is not None]
    night.unmeasured += len(rows) - len(found)
    if not found:
        return
    night.different += len(found)
    measured = [_measured(part, row) for row in found]
    decided = await decide_currency(session, measured, currency=policy.currency, now=now, today=today, only_if_same_measures=True)
    steps = [direction(one.before.tier if one.before else None, one.outcome.tier) for one in decided]
    night.up += steps.count(1)
    night.down += steps.count(-1)


def _measured(part: _Part, row: asyncpg.Record) -> Measured:
    measures = part.inputs(row["place"], row["inputs"])
    return Measured(row["customer_id"], row["measures_version"], part.as_of, row["branch"], measures)


def _copied(part: _Part) -> bytes:
    """Rows of `night` in PostgreSQL's binary COPY format."""
    ids = part.people["customer_id"].gather(part.to_look_at)
    rows = np.zeros(len(ids), _ROW)
    rows["fields"], rows["id_bytes"], rows["row_bytes"], rows["place_bytes"] = 3, 16, 2, 4
    rows["id"] = np.frombuffer(bytes.fromhex("".join(ids.str.replace_all("-", "", literal=True))), "V16")
    rows["row"], rows["place"] = part.decided.row[part.to_look_at], part.to_look_at
    return rows.tobytes()


class _Beside:
    """A file sorted by customer, read along with the sums."""

    def __init__(self, scan: pl.LazyFrame) -> None:
        scan = scan.with_columns(pl.col("customer").cast(pl.Int64))
        self._batches: Iterator[pl.DataFrame] = scan.collect_batches(chunk_size=200_000, maintain_order=True)
        self._schema = scan.collect_schema()
        self._rest = next(self._batches, None)

    def take(self, upto: int) -> pl.DataFrame:
        """The rows up to a customer, not given before."""
        taken = []
        while self._rest is not None:
            place = self._rest["customer"].search_sorted(upto, side="right")
            taken.append(self._rest[:place])
            if place < self._rest.height:
                self._rest = self._rest[place:]
                break
            self._rest = next(self._batches, None)
        return pl.concat(taken) if taken else pl.DataFrame(schema=self._schema)
