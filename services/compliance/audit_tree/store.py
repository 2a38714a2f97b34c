"""Every query of the tree and its checkpoints."""

from collections.abc import Sequence

from sqlmodel import col, select

from chassis.database import Session, driver
from services.compliance.audit_tree.rules.checkpoints import LogInconsistent
from services.compliance.audit_tree.rules.hashing import root_of
from services.compliance.audit_tree.rules.tiles import (
    TILE,
    TILE_LEVELS,
    Span,
    Stretch,
    completed,
    kept_levels,
    span_hash,
    stretches,
)
from services.compliance.models import AuditCheckpoint

_TILES_AT_ONCE = 64
_SIZE = "SELECT entries FROM audit_size"
_LEAVES = """
SELECT s.number, e.digest FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS s (number, first, past)
CROSS JOIN LATERAL (SELECT position, digest FROM audit_entry WHERE position >= s.first AND position < s.past) AS e
ORDER BY s.number, e.position
"""
_NODES = """
SELECT s.number, n.digest FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[]) AS s (number, level, first, past)
CROSS JOIN LATERAL (
    SELECT index, digest FROM audit_node WHERE level = s.level AND index >= s.first AND index < s.past
) AS n
ORDER BY s.number, n.index
"""
_BUILT = "SELECT max(index) + 1 FROM audit_node WHERE level = $1"
_ADD = "INSERT INTO audit_node (level, index, digest) SELECT $1, i, d FROM unnest($2::bigint[], $3::bytea[]) AS n (i, d)"
_IS_DUE = "SELECT EXISTS (SELECT FROM timer WHERE kind = $1 AND key = $2 AND state = 'due')"


async def size(session: Session) -> int:
    """How many entries the log has."""
    return int(await (await driver(session)).fetchval(_SIZE))


async def kept(session: Session, wanted: Sequence[Stretch]) -> dict[Stretch, list[bytes]]:
    """The hashes of many stretches, in two queries. Raises `LogInconsistent` when one is missing."""
    connection = await driver(session)
    leaves = [(number, one.start, one.end) for number, one in enumerate(wanted) if one.level == 0]
    nodes = [(number, one.level, one.start, one.end) for number, one in enumerate(wanted) if one.level]
    rows = []
    if leaves:
        rows += await connection.fetch(_LEAVES, *map(list, zip(*leaves, strict=True)))
    if nodes:
        rows += await connection.fetch(_NODES, *map(list, zip(*nodes, strict=True)))
    found: dict[Stretch, list[bytes]] = {one: [] for one in wanted}
    for row in rows:
        found[wanted[row["number"]]].append(row["digest"])
    if any(len(hashes) != one.end - one.start for one, hashes in found.items()):
        raise LogInconsistent("entries or nodes of the tree are missing")
    return found


async def hashes(session: Session, spans: Sequence[Span]) -> list[bytes]:
    """The hash of each span. Raises `LogInconsistent`."""
    found = await kept(session, list({one for span in spans for one in stretches(span)}))
    return [span_hash(span, found.__getitem__) for span in spans]


async def root(session: Session, at: int) -> bytes:
    """The root of the first `at` entries. Raises `LogInconsistent`."""
    (found,) = await hashes(session, [Span(0, at)])
    return found


async def grow(session: Session, at: int) -> None:
    """Make the kept nodes that a log of `at` entries has and that are not there yet; under the lock of the log's size."""
    connection = await driver(session)
    for level in kept_levels(at):
        begin, end = await connection.fetchval(_BUILT, level) or 0, completed(level, at)
        for first in range(begin, end, _TILES_AT_ONCE):
            block = range(first, min(first + _TILES_AT_ONCE, end))
            below = [Stretch(level - TILE_LEVELS, index * TILE, (index + 1) * TILE) for index in block]
            found = await kept(session, below)
            await connection.execute(_ADD, level, list(block), [root_of(found[one]) for one in below])


async def is_due(session: Session, *, kind: str, key: str) -> bool:
    """Whether a timer is set."""
    return bool(await (await driver(session)).fetchval(_IS_DUE, kind, key))


async def latest(session: Session) -> AuditCheckpoint | None:
    """The newest checkpoint of the largest size."""
    newest = (col(AuditCheckpoint.size).desc(), col(AuditCheckpoint.signed_at).desc())
    return (await session.exec(select(AuditCheckpoint).order_by(*newest).limit(1))).first()


async def checkpoints(session: Session, *, after: tuple[int, str] | None, limit: int) -> Sequence[AuditCheckpoint]:
    """Checkpoints by size, newest first; `after` is size and key id where the page before ended."""
    at, key_id = col(AuditCheckpoint.size), col(AuditCheckpoint.key_id)
    query = select(AuditCheckpoint).order_by(at.desc(), key_id.desc()).limit(limit)
    if after is not None:
        query = query.where((at < after[0]) | ((at == after[0]) & (key_id < after[1])))
    return (await session.exec(query)).all()
