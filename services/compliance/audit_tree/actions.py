"""The use cases of the tree: grow with the log, sign it, prove from it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Session
from chassis.timers import schedule
from contracts.values import RuleBroken
from services.compliance.audit_tree import store
from services.compliance.audit_tree.keys import Signer
from services.compliance.audit_tree.rules.checkpoints import CHECKPOINT_AFTER, Checkpoint, LogInconsistent
from services.compliance.audit_tree.rules.tiles import TILE, Span, consistency_spans, inclusion_spans
from services.compliance.models import AuditCheckpoint
from services.compliance.store import lock_size

CHECKPOINT = "audit.checkpoint"
THE_LOG = "log"
"""Kind and key of the timer."""


class NotInTheTree(RuleBroken):
    """A proof about entries or sizes that the log does not have."""

    rule = "not-in-the-tree"
    fix = "Ask for a position below the size, and for sizes from 1 to that of the latest checkpoint, the smaller first."


class NoCheckpoint(RuleBroken):
    """Nothing is signed yet."""

    rule = "no-checkpoint-yet"
    fix = "Wait for the first checkpoint, or ask for one: POST /v1/audit/checkpoints."


@dataclass(frozen=True, slots=True)
class Proof:
    """Hashes from the bottom up, and the roots that they lead to."""

    root: bytes
    hashes: list[bytes]
    leaf: bytes = b""
    first_root: bytes = b""


async def appended(session: Session, *, first: int, entries: int, now: datetime) -> None:
    """Let the tree follow `entries` appended at `first`, under the lock of the log's size.

    Until it lets go of that lock nobody signs, so a checkpoint that is not due now will be: no entry is left out.
    """
    if (first + entries) // TILE > first // TILE:
        await store.grow(session, first + entries)
    if not await store.is_due(session, kind=CHECKPOINT, key=THE_LOG):
        await schedule(session, kind=CHECKPOINT, key=THE_LOG, due_at=now + CHECKPOINT_AFTER)


async def sign(session: Session, *, signer: Signer, now: datetime) -> AuditCheckpoint:
    """A checkpoint over everything; the one that is there when nothing came since and the key is the same.

    Raises `LogInconsistent` when the log does not go on from its last checkpoint.
    """
    size = await lock_size(session)
    last = await store.latest(session)
    if last is not None:
        await _check_goes_on(session, last, size)
    key_id = signer.key.key_id.hex()
    if last is not None and (last.size, last.key_id) == (size, key_id):
        return last
    await store.grow(session, size)
    said = Checkpoint(signer.key.name, size, await store.root(session, size), now.replace(microsecond=0))
    made = AuditCheckpoint(size=size, key_id=key_id, root=said.root, signed_at=said.signed_at, note=signer.sign(said.text()))
    session.add(made)
    await session.flush()
    return made


async def _check_goes_on(session: Session, last: AuditCheckpoint, size: int) -> None:
    if last.size > size or await store.root(session, last.size) != last.root:
        raise LogInconsistent("the log does not begin as it did at its last checkpoint")


async def latest_checkpoint(session: Session) -> AuditCheckpoint:
    """The newest checkpoint. Raises `NoCheckpoint`."""
    found = await store.latest(session)
    if found is None:
        raise NoCheckpoint("nothing is signed yet")
    return found


async def prove_inclusion(session: Session, *, position: int, size: int) -> Proof:
    """That an entry is in the first `size` entries. Raises `NotInTheTree` or `LogInconsistent`."""
    if not 0 <= position < size <= await store.size(session):
        raise NotInTheTree("no such entry", field="query.position")
    spans = [Span(position, position + 1), Span(0, size), *inclusion_spans(position, size)]
    leaf, root, *path = await store.hashes(session, spans)
    return Proof(root, path, leaf=leaf)


async def prove_consistency(session: Session, *, first: int, second: int) -> Proof:
    """That the first `first` entries are the beginning of the first `second`. Raises `NotInTheTree` or `LogInconsistent`."""
    if not 0 < first <= second <= await store.size(session):
        raise NotInTheTree("no such tree", field="query.first")
    first_root, root, *path = await store.hashes(session, [Span(0, first), Span(0, second), *consistency_spans(first, second)])
    return Proof(root, path, first_root=first_root)
