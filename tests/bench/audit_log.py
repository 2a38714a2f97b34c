"""Appending to the audit log against a bare COPY sequencer, and verifying an export against bare hashing."""

import hashlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.database import Database
from chassis.ids import new_id
from chassis.migrations import upgrade
from services.compliance import actions
from services.compliance.audit_tree.bundle import verify_bundle
from services.compliance.audit_tree.export import Order, Rows, bundle
from services.compliance.audit_tree.keys import Signer, SigningKey
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.hashing import leaf_hashes, root_of
from services.compliance.audit_tree.rules.reports import Told
from services.compliance.audit_tree.rules.tiles import TILE
from services.compliance.models import AuditCheckpoint
from services.compliance.retention.policy import retention
from services.compliance.rules import Act, enter
from services.compliance.store import COLUMNS, record_of

BLOCK = 500
_WRITTEN = 5_000
_ROUNDS = 3
_NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
_BARE = """
CREATE TABLE bare_entry (LIKE audit_entry INCLUDING INDEXES);
CREATE TABLE bare_size (entries bigint NOT NULL);
INSERT INTO bare_size VALUES (0);
"""


def act() -> Act:
    """An adviser has read a customer."""
    return Act(
        event_id=new_id(),
        service="profile",
        act_id=new_id(),
        actor="staff:A100",
        roles=("adviser",),
        act="customer.read",
        customer_id=new_id(),
        purpose="service",
        outcome="done",
        rule=None,
        request_id=new_id().hex,
        details={"accounts": 3, "view": "own"},
        occurred_at=_NOW,
    )


async def appending(url: str, count: int, *, rounds: int) -> tuple[float, float]:
    """Entries a second: by the log's own appender, and by one that locks a counter, COPYs ready rows
    into a table with the same columns and indexes, and commits.

    Both in blocks of 500, in turn, so that a slow moment meets both; medians of `rounds`.
    """
    await upgrade("compliance", url)
    database = Database(url, service="compliance")
    await database.open()
    bare: asyncpg.Connection = await asyncpg.connect(url)
    try:
        await bare.execute(_BARE)
        ours, limit = [], []
        for _ in range(rounds):
            acts = [act() for _ in range(count)]
            ours.append(count / await _timed(lambda acts=acts: _append(database, acts)))  # type: ignore[misc]
            first = await bare.fetchval("SELECT entries FROM bare_size")
            entries = [record_of(entry) for entry in enter(acts, first=first, recorded_at=_NOW, retention=retention())]
            limit.append(count / await _timed(lambda entries=entries: _append_bare(bare, entries)))  # type: ignore[misc]
        return statistics.median(ours), statistics.median(limit)
    finally:
        await bare.close()
        await database.close()


async def _timed(work: Callable[[], Coroutine[None, None, None]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def _append(database: Database, acts: Sequence[Act]) -> None:
    for first in range(0, len(acts), BLOCK):
        async with database.begin() as session:
            await actions.record(session, acts=acts[first : first + BLOCK], now=_NOW)


async def _append_bare(connection: asyncpg.Connection, entries: Sequence[tuple[object, ...]]) -> None:
    for first in range(0, len(entries), BLOCK):
        block = entries[first : first + BLOCK]
        async with connection.transaction():
            size = await connection.fetchval("SELECT entries FROM bare_size FOR UPDATE")
            assert size == block[0][0]
            await connection.copy_records_to_table("bare_entry", records=block, columns=COLUMNS)
            await connection.execute("UPDATE bare_size SET entries = $1", size + len(block))


@dataclass(frozen=True, slots=True)
class Verifying:
    """How fast a bundle is verified, and how fast its entries alone are hashed."""

    entries: int
    seconds: float
    bare_seconds: float

    @property
    def per_second(self) -> float:
        """Entries verified a second, reading and unpacking the file included."""
        return self.entries / self.seconds

    @property
    def bare_per_second(self) -> float:
        """Entries hashed a second, out of memory."""
        return self.entries / self.bare_seconds


async def verifying(path: Path, count: int) -> Verifying:
    """Make a bundle of `count` entries, verify it from the file, and hash the same entries out of memory; both on one core, in
    turn, so that a slow moment meets both. Medians of three rounds."""
    key = SigningKey(Signer.of(Ed25519PrivateKey.generate(), "bench.example/audit"))
    blocks = _blocks(count)
    leaves = [leaf for lines in blocks for leaf in leaf_hashes(lines)]
    nodes = [root_of(leaves[first : first + TILE]).hex() + "\n" for first in range(0, count - TILE + 1, TILE)]
    said = Checkpoint(key.signer.key.name, count, root_of(leaves), _NOW)
    row = AuditCheckpoint(size=count, key_id="", root=said.root, signed_at=_NOW, note=key.signer.sign(said.text()))
    told = Told(
        exporter="bench",
        roles=[],
        purpose="audit",
        recorded=(_NOW, _NOW),
        pruned=0,
        checkpoints=(1, _NOW),
        keys=[str(key.signer.key)],
        counts=[],
        retention=retention(),
    )
    rows = Rows(
        _streamed(b"".join(line + b"\n" for line in lines) for lines in blocks),
        _streamed([(json.dumps(row.note) + "\n").encode()]),
        _streamed(node.encode() for node in nodes),
    )
    with path.open("wb") as file:
        async for part in bundle(rows, Order(key, row, told)):
            file.write(part)
    ours, bare = [], []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        found = verify_bundle(path, pinned=key.signer.key)
        ours.append(time.perf_counter() - begun)
        assert found.checkpoint.size == count
        bare.append(sum(map(_hashed, blocks)))
    path.unlink()  # noqa: ASYNC240  # nothing else runs
    return Verifying(count, statistics.median(ours), statistics.median(bare))


def _blocks(count: int) -> list[list[bytes]]:
    """Different acts at first, then the same again, so that making them does not take minutes."""
    written = [
        entry.canonical for entry in enter([act() for _ in range(_WRITTEN)], first=0, recorded_at=_NOW, retention=retention())
    ]
    return [written[: min(_WRITTEN, count - first)] for first in range(0, count, _WRITTEN)]


async def _streamed(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _hashed(lines: Sequence[bytes]) -> float:
    sha256, begun = hashlib.sha256, time.perf_counter()
    for line in lines:
        sha256(line).digest()
    return time.perf_counter() - begun
