"""The whole log as a zip file, made while it is sent: the memory that it takes does not grow with the log."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Database, Session, driver
from services.compliance.audit_tree import actions
from services.compliance.audit_tree.keys import SigningKey
from services.compliance.audit_tree.rules.checkpoints import Checkpoint, moment
from services.compliance.audit_tree.rules.lines import line_of
from services.compliance.audit_tree.rules.reports import CHECKPOINT, CHECKPOINTS, ENTRIES, KEYS, NODES, REPORT, Told, report
from services.compliance.audit_tree.rules.tiles import TILE_LEVELS, completed
from services.compliance.audit_tree.schemas import KeysOut
from services.compliance.audit_tree.trust import Period
from services.compliance.models import AuditCheckpoint
from services.compliance.retention.policy import retention
from services.compliance.retention.store import count_pruned
from services.compliance.store import counts

_ROWS = 2_000
_LEVEL = 1  # the line is the slow part, and it is nearby
_BLOCK = "SELECT canonical, digest FROM audit_entry WHERE position >= $1 AND position < $2 ORDER BY position"
_NODES = "SELECT digest FROM audit_node WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index"
_NOTES = """
SELECT size, key_id, note FROM audit_checkpoint
WHERE (size, key_id) > ($1, $2) AND size <= $3 AND signed_at <= $4 ORDER BY size, key_id LIMIT $5
"""
_RECORDED = """
SELECT (SELECT recorded_at FROM audit_entry WHERE position < $1 AND canonical IS NOT NULL ORDER BY position LIMIT 1),
    (SELECT recorded_at FROM audit_entry WHERE position < $1 AND canonical IS NOT NULL ORDER BY position DESC LIMIT 1)
"""
_SIGNED = "SELECT count(*), min(signed_at) FROM audit_checkpoint WHERE size <= $1 AND signed_at <= $2"


@dataclass(frozen=True, slots=True)
class Order:
    """What a bundle will hold, settled in the transaction that signed and audited it."""

    key: SigningKey
    checkpoint: AuditCheckpoint
    told: Told


@dataclass(frozen=True, slots=True)
class Rows:
    """The long files of a bundle, in parts."""

    entries: AsyncIterator[bytes]
    checkpoints: AsyncIterator[bytes]
    nodes: AsyncIterator[bytes]


async def prepare(session: Session, *, key: SigningKey, caller: Capability, now: datetime) -> Order:
    """Sign the log as it is now; the export is audited. Raises `LogInconsistent`."""
    checkpoint = await actions.sign(session, signer=key.signer, now=now)
    connection = await driver(session)
    recorded = await connection.fetchrow(_RECORDED, checkpoint.size)
    signed = await connection.fetchrow(_SIGNED, checkpoint.size, checkpoint.signed_at)
    assert recorded is not None  # aggregates give one row
    assert signed is not None  # the same
    told = Told(
        exporter=caller.subject,
        roles=[role.value for role in caller.roles],
        purpose=caller.purpose.value,
        recorded=None if recorded[0] is None else (recorded[0], recorded[1]),
        pruned=await count_pruned(session, checkpoint.size),
        checkpoints=(signed[0], signed[1]),
        keys=[_key_line(one) for one in key.trusted().periods],
        counts=[(one.service, one.act, one.outcome, one.entries) for one in await counts(session)],
        retention=retention(),
    )
    await audit(session, caller=caller, act="audit.exported", details={"entries": checkpoint.size})
    return Order(key, checkpoint, told)


def _key_line(period: Period) -> str:
    since = "" if period.is_first else f" since {moment(period.since)}"
    return f"{period.key}{since}" + ("" if period.is_last else f" until {moment(period.until)}")


class _Outbound:
    """A file that cannot seek: the zip writer writes, and what it wrote is taken away."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = bytes(self._written)
        self._written.clear()
        return found


def rows_of(database: Database, row: AuditCheckpoint) -> Rows:
    """What the checkpoint covers, in short reads, since these rows do not change any more but for bodies whose time is over."""
    return Rows(_entries(database, row.size), _checkpoints(database, row), _nodes(database, row.size))


async def _entries(database: Database, size: int) -> AsyncIterator[bytes]:
    for first in range(0, size, _ROWS):
        rows = await database.pool.fetch(_BLOCK, first, min(first + _ROWS, size))
        yield b"".join(line_of(row["canonical"], row["digest"]) for row in rows)


async def _checkpoints(database: Database, row: AuditCheckpoint) -> AsyncIterator[bytes]:
    place = (-1, "")
    while found := await database.pool.fetch(_NOTES, *place, row.size, row.signed_at, _ROWS):
        place = (found[-1]["size"], found[-1]["key_id"])
        yield "".join(json.dumps(one["note"]) + "\n" for one in found).encode()


async def _nodes(database: Database, size: int) -> AsyncIterator[bytes]:
    whole = completed(TILE_LEVELS, size)
    for first in range(0, whole, _ROWS):
        rows = await database.pool.fetch(_NODES, TILE_LEVELS, first, min(first + _ROWS, whole))
        yield "".join(row["digest"].hex() + "\n" for row in rows).encode()


async def bundle(rows: Rows, order: Order) -> AsyncIterator[bytes]:
    """The zip file in parts, while the rows come."""
    out, digests = _Outbound(), dict[str, str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]  # it writes only
        for name, parts in ((ENTRIES, rows.entries), (CHECKPOINTS, rows.checkpoints), (NODES, rows.nodes)):
            hashed = hashlib.sha256()
            with archive.open(name, "w", force_zip64=True) as file:
                async for part in parts:
                    hashed.update(part)
                    await asyncio.to_thread(file.write, part)
                    yield out.taken()
            digests[name] = hashed.hexdigest()
        for name, content in _small_files(order).items():
            archive.writestr(name, content)
            digests[name] = hashlib.sha256(content).hexdigest()
        archive.writestr(REPORT, _signed_report(order, digests))
    yield out.taken()


def _small_files(order: Order) -> dict[str, bytes]:
    keys = KeysOut.of(order.key.trusted(), order.key.successions)
    return {CHECKPOINT: order.checkpoint.note.encode(), KEYS: keys.model_dump_json(indent=1).encode()}


def _signed_report(order: Order, digests: dict[str, str]) -> str:
    row, signer = order.checkpoint, order.key.signer
    said = Checkpoint(signer.key.name, row.size, row.root, row.signed_at)
    return signer.sign(report(said, order.told, files=digests))
