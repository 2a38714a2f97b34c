"""`make bench`: each goal as a ratio to a limit measured in the same run. Writes `.steward/bench.json` and prints a table.

python -m tests.bench [--quick]
"""

import argparse
import asyncio
import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import orjson
from rich.console import Console
from rich.table import Table

from chassis.auth import Capability, mint
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role, Scope
from gateway.issuer import load_key
from gateway.overview import SECTIONS
from steward.demo import Wanted, fill
from steward.embedded import EmbeddedServers
from steward.embedded.ports import free_port
from steward.embedded.postgres import create_database
from steward.loop import run
from steward.suite import Suite
from steward.supervisor import Options, running
from steward.timing import Steps
from steward.tokens import local_token
from tests.bench import audit_log, events, importing, masking, policy, signals, wording
from tests.bench.load import Measured, Target, compare, percentile

FOLDER = Path(".steward/bench").resolve()
RESULT = Path(".steward/bench.json")


@dataclass(frozen=True, slots=True)
class Size:
    """How long and how much."""

    seconds: float = 3.0
    rounds: int = 5
    scan_seconds: float = 1.0
    customers: int = 300
    latencies: int = 300
    drained: int = 5_000
    relayed: int = 20_000
    appended: int = 30_000
    verified: int = 1_000_000
    sentences: int = 20_000
    streamed: int = 1_000
    simulated: int = 1_000_000
    balances: int = 2_000_000
    transactions: int = 600_000


UNLIMITED = {"STEWARD_GATEWAY_PRINCIPAL_PER_SECOND": "1000000", "STEWARD_GATEWAY_PRINCIPAL_BURST": "1000000"}
"""One principal asks for everything here; the bucket is still filled and emptied for each request."""

QUICK = Size(
    seconds=0.5,
    rounds=1,
    customers=100,
    latencies=20,
    drained=200,
    relayed=2_000,
    appended=2_000,
    verified=20_000,
    sentences=1_000,
    simulated=10_000,
    balances=20_000,
    transactions=10_000,
    scan_seconds=0.2,
    streamed=50,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One goal. `goal` is the least ratio (or the most, where `at_most`)."""

    name: str
    unit: str
    ours: float
    limit: float
    limit_is: str
    goal: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """Ours over the limit."""
        return self.ours / self.limit

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for whom."""

    customer: UUID
    token: str

    @classmethod
    async def of(cls, suite: Suite) -> "Asked":
        """A compliance officer, who sees every section, and the first customer."""
        token = local_token(suite.folder, roles=[Role.COMPLIANCE], subject="officer")
        async with httpx.AsyncClient(base_url=suite.url("gateway"), headers={"authorization": f"Bearer {token}"}) as client:
            page = (await client.get("/v1/customers", params={"limit": 1})).raise_for_status().json()
            customer = UUID(page["items"][0]["customer_id"])
            return cls(customer, f"Bearer {token}")


def direct(suite: Suite, service: str, scope: Scope, customer: UUID) -> str:
    """The capability with which the gateway would call a service."""
    key = load_key(suite.keys.capability_key)
    capability = Capability("bench", (Role.OPERATOR,), frozenset({scope}), Purpose.OPERATIONS, Reach.ONE, customer)
    return "Bearer " + mint(key, capability, audience=service, seconds=3_600)


@contextlib.asynccontextmanager
async def bare_overview(suite: Suite, customer: UUID) -> AsyncIterator[str]:
    """The bare aiohttp program, in a process of its own."""
    calls = [
        {
            "url": suite.url(section.service) + section.path.format(customer),
            "authorization": direct(suite, section.service, section.scope, customer),
        }
        for section in SECTIONS
    ]
    port = free_port("127.0.0.1")
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", str(port)], stdin=subprocess.PIPE)  # noqa: ASYNC220
    assert process.stdin is not None
    process.stdin.write(orjson.dumps(calls))
    process.stdin.close()
    try:
        url = f"http://127.0.0.1:{port}/overview"
        async with httpx.AsyncClient() as client, asyncio.timeout(20):
            while not await _answers(client, url):  # noqa: ASYNC110  # it says nothing when it is up
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def http_rows(suite: Suite, size: Size) -> list[Row]:
    """The overview and a proxied read."""
    asked = await Asked.of(suite)
    overview = Target(f"{suite.url('gateway')}/v1/customers/{asked.customer}/overview", asked.token)
    tier = f"/v1/customers/{asked.customer}/tier"
    proxied = Target(suite.url("gateway") + tier, asked.token)
    straight = Target(suite.url("tiering") + tier, direct(suite, "tiering", Scope.TIER_READ, asked.customer))
    async with bare_overview(suite, asked.customer) as url:
        ours, limit = await _compared(overview, Target(url), size, connections=16)
    rows = [Row("customer overview", "requests/s", ours.per_second, limit.per_second, "bare aiohttp, same 5 calls", 0.6)]
    ours, limit = await _compared(proxied, straight, size, connections=16)
    rows.append(Row("proxied read, rate", "requests/s", ours.per_second, limit.per_second, "the service asked directly", 0.55))
    ours, limit = await _compared(proxied, straight, size, connections=1)
    rows.append(Row("proxied read, p50", "ms", ours.p50_ms, limit.p50_ms, "the service asked directly", 2.0, at_most=True))
    return rows


async def _compared(ours: Target, limit: Target, size: Size, *, connections: int) -> tuple[Measured, Measured]:
    return await compare(ours, limit, seconds=size.seconds, rounds=size.rounds, connections=connections)


async def event_rows(suite: Suite, size: Size) -> list[Row]:
    """From a commit in profile to a plan in outreach."""
    bare_url = suite.databases["gateway"]
    async with (
        events.profile_of(suite) as profile,
        events.plans_of(suite) as (plans, told),
        events.BareHops.opened(bare_url, suite.nats_url) as bare,
    ):
        new = iter(await events.known_customers(profile, plans, size.latencies + events.WARM_UP))
        ours, limit = await events.latencies(
            lambda: events.through_the_suite(profile, told, next(new)), bare.once, size.latencies
        )
        (p50, p99), (bare_p50, bare_p99) = events.p50_and_p99(ours), events.p50_and_p99(limit)
        what = "three commits and two JetStream hops"
        rows = [
            Row("commit to plan, p50", "ms", p50, bare_p50, what, 4.0, at_most=True),
            Row("commit to plan, p99", "ms", p99, bare_p99, what, 12.0, at_most=True),
        ]
        drained = await events.drain_the_suite(profile, plans, size.drained)
    alone = await events.relay_alone(await _empty_database(), suite.nats_url, size.relayed)
    return [*rows, Row("backlog drained to plans", "events/s", drained, alone, "the relay alone", 0.3)]


async def signal_rows(suite: Suite, size: Size) -> list[Row]:
    """From a row of the feed to the signal that it completes, at 100 rows a second."""
    took = await signals.latencies(suite, direct(suite, "profile", Scope.PROFILE_FEED, new_id()), size.streamed)
    what = "the goal, 2 s at 100 rows/s"
    return [Row(f"row to signal, p{rank}", "ms", percentile(took, rank), 2_000, what, 1.0, at_most=True) for rank in (50, 99)]


def scan_row(size: Size) -> Row:
    """What may be said, on one core. The limit is the goal itself: there is no bare program that answers the same question."""
    rate = wording.megabytes_per_second(seconds=size.scan_seconds, rounds=size.rounds)
    return Row("scan for 2,000 phrases", "MB/s", rate, wording.GOAL_MB_PER_SECOND, "the goal, 100 MB/s", 1.0)


async def log_rows(size: Size) -> list[Row]:
    """Appending to the audit log, and verifying an export of it offline."""
    ours, limit = await audit_log.appending(await _empty_database("bench_log"), size.appended, rounds=size.rounds)
    rows = [Row("audit log, appended", "entries/s", ours, limit, "a bare COPY sequencer, same blocks, columns and indexes", 0.3)]
    found = await audit_log.verifying(FOLDER / "log.zip", size.verified)
    what = f"SHA-256 of each of the same {size.verified:,} entries"
    rows.append(Row("audit log, verified", "entries/s", found.per_second, found.bare_per_second, what, 0.25))
    rows.append(Row("audit log, verified", "s", found.seconds, 10, "10 s for a million entries", 1.0, at_most=True))
    return rows


async def policy_rows(size: Size) -> list[Row]:
    """Simulating a tier policy over everybody before it is published."""
    found = await policy.simulating(await _empty_database("bench_policy"), size.simulated, rounds=min(size.rounds, 3))
    name, what = f"policy simulated, {found.customers:,} customers", "a bare grouping that reads one field of the same rows"
    return [
        Row(name, "s", found.seconds, 10, "10 s for a million customers", 1.0, at_most=True),
        Row(name, "s", found.seconds, found.bare_seconds, what, 6.0, at_most=True),
    ]


async def import_rows(size: Size) -> list[Row]:
    """Importing balances and transactions from CSV."""
    folder = FOLDER / "import"
    counts = {"balances": size.balances, "transactions": size.transactions}
    rows = []
    url = await _empty_database("bench_import")
    async with importing.bank(url, accounts=max(counts.values()) // 100, folder=folder) as database:
        for kind, write in (("balances", importing.write_balances), ("transactions", importing.write_transactions)):
            (folder / kind).mkdir()
            write(folder / kind / f"{kind}.csv", counts[kind])
            found = await importing.against_copy(
                database, folder / kind, kind.removesuffix("s"), counts[kind], rounds=size.rounds
            )
            what = "server-side COPY of the same rows into the same table"
            rows.append(Row(f"import, {kind}", "rows/s", found.ours, found.limit, what, 0.7))
    return rows


async def _empty_database(name: str = "bench") -> str:
    """A database in which no service's relay works."""
    postgres = EmbeddedServers(FOLDER).postgres
    admin: asyncpg.Connection = await asyncpg.connect(postgres.url())
    await create_database(admin, name, owner="postgres")
    await admin.close()
    return postgres.url(name, "postgres")


def masking_rows(size: Size) -> list[Row]:
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


async def measured(size: Size) -> list[Row]:
    """All rows, on a fresh suite whose parts have a process each; what needs no suite first, while it is quiet."""
    scan = scan_row(size)
    async with running(Options(folder=FOLDER, split=True, fresh=True), Steps()) as (suite, _):
        await fill(suite, Wanted(size.customers, seed=1), steps=Steps())
        rows = await http_rows(suite, size) + await event_rows(suite, size) + await signal_rows(suite, size)
        rows += await log_rows(size) + await policy_rows(size) + await import_rows(size)
    return [*rows, *masking_rows(size), scan]


def report(rows: list[Row]) -> None:
    """The table and the file."""
    table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}")
    for column in ("what", "ours", "limit", "unit", "the limit is", "ratio", "goal"):
        table.add_column(column)
    for row in rows:
        goal = f"{'≤' if row.at_most else '≥'} {row.goal} {'met' if row.met else 'NOT MET'}"
        table.add_row(row.name, f"{row.ours:,.2f}", f"{row.limit:,.2f}", row.unit, row.limit_is, f"{row.ratio:.2f}", goal)
    console = Console(width=150)
    console.print(table)
    not_measured = missing()
    for line in not_measured:
        console.print(f"not measured: {line}")
    found = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
    RESULT.write_bytes(
        orjson.dumps({"cores": os.cpu_count(), "rows": found, "not_measured": not_measured}, option=orjson.OPT_INDENT_2) + b"\n"
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a short bounded run that shows that everything works")
    size = QUICK if parser.parse_args().quick else Size()
    os.environ.update(UNLIMITED)
    try:
        report(run(measured(size)))
    finally:
        EmbeddedServers(FOLDER).destroy()


if __name__ == "__main__":
    main()
