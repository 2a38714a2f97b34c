"""The whole log as a zip file, made while it is sent: the memory that it takes does not grow with the log."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Database, Session
from services.compliance.audit_tree import actions, store
from services.compliance.audit_tree.keys import SigningKey
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.reports import CHECKPOINT, CHECKPOINTS, ENTRIES, KEYS, REPORT, plain, report
from services.compliance.audit_tree.schemas import KeysOut
from services.compliance.models import AuditCheckpoint
from services.compliance.store import counts

CHECKPOINTS_IN_A_BUNDLE = 1_000
_ROWS = 2_000
_LEVEL = 1  # the line is the slow part, and it is nearby
_BLOCK = "SELECT canonical FROM audit_entry WHERE position >= $1 AND position < $2 ORDER BY position"


@dataclass(frozen=True, slots=True)
class Order:
    """What a bundle will hold, settled in the transaction that signed and audited it."""

    key: SigningKey
    checkpoint: AuditCheckpoint
    earlier: Sequence[AuditCheckpoint]
    counts: Sequence[tuple[str, str, str, int]]


async def prepare(session: Session, *, key: SigningKey, caller: Capability, now: datetime) -> Order:
    """Sign the log as it is now; the export is audited. Raises `LogInconsistent`."""
    checkpoint = await actions.sign(session, signer=key.signer, now=now)
    earlier = await store.checkpoints(session, after=None, limit=CHECKPOINTS_IN_A_BUNDLE)
    counted = [(plain(one.service), plain(one.act), plain(one.outcome), one.entries) for one in await counts(session)]
    await audit(session, caller=caller, act="audit.exported", details={"entries": checkpoint.size})
    return Order(key, checkpoint, earlier, counted)


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


async def entries_of(database: Database, size: int) -> AsyncIterator[bytes]:
    """The first `size` entries, each with a newline, by the block; in short reads, since these rows do not change any more."""
    for first in range(0, size, _ROWS):
        rows = await database.pool.fetch(_BLOCK, first, min(first + _ROWS, size))
        yield b"".join(row["canonical"] + b"\n" for row in rows)


async def bundle(blocks: AsyncIterator[bytes], order: Order) -> AsyncIterator[bytes]:
    """The zip file in parts, while the entries come."""
    out = _Outbound()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]  # it writes only
        hashed = hashlib.sha256()
        with archive.open(ENTRIES, "w", force_zip64=True) as entries:
            async for block in blocks:
                hashed.update(block)
                await asyncio.to_thread(entries.write, block)
                yield out.taken()
        digests = {ENTRIES: hashed.hexdigest()}
        for name, content in _small_files(order).items():
            archive.writestr(name, content)
            digests[name] = hashlib.sha256(content).hexdigest()
        archive.writestr(REPORT, _signed_report(order, digests))
    yield out.taken()


def _small_files(order: Order) -> dict[str, bytes]:
    keys = KeysOut.of(order.key.trusted(), order.key.successions)
    notes = "".join(json.dumps(one.note) + "\n" for one in order.earlier)
    return {
        CHECKPOINT: order.checkpoint.note.encode(),
        CHECKPOINTS: notes.encode(),
        KEYS: keys.model_dump_json(indent=1).encode(),
    }


def _signed_report(order: Order, digests: dict[str, str]) -> str:
    row, signer = order.checkpoint, order.key.signer
    said = Checkpoint(signer.key.name, row.size, row.root, row.signed_at)
    return signer.sign(report(said, key=str(signer.key), counts=order.counts, files=digests))
