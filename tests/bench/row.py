"""What a row of the benchmarks is, how much is measured for it, and where."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg

from steward.embedded import EmbeddedServers
from steward.embedded.postgres import create_database

FOLDER = Path(".steward/bench").resolve()


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
    decided: int = 200_000
    people: int = 60_000
    balances: int = 2_000_000
    transactions: int = 600_000


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
    decided=2_000,
    people=2_000,
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


async def empty_database(name: str = "bench") -> str:
    """A database in which no service's relay works."""
    postgres = EmbeddedServers(FOLDER).postgres
    admin: asyncpg.Connection = await asyncpg.connect(postgres.url())
    await create_database(admin, name, owner="postgres")
    await admin.close()
    return postgres.url(name, "postgres")
