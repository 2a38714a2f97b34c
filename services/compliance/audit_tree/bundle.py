"""Verifying a bundle offline: the file, a public key that came by another way, and what the verifier kept from before."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.compliance.audit_tree.reading import Bundle
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.hashing import Frontier
from services.compliance.audit_tree.rules.lines import LogTampered, leaves_of, whole_lines
from services.compliance.audit_tree.rules.notes import PublicKey
from services.compliance.audit_tree.rules.places import changed_blocks, changes, misplaced, named
from services.compliance.audit_tree.rules.reports import CHECKPOINT, CHECKPOINTS, KEYS, NODES, REPORT, files_of
from services.compliance.audit_tree.trust import Trusted
from services.compliance.retention.policy import retention


class ChangedBefore(LogTampered):
    """The entries do not have the root of a checkpoint: between `good` and `size` something is not as it was signed."""

    def __init__(self, checkpoint: Checkpoint, good: int) -> None:
        self.good, self.size = good, checkpoint.size
        where = f"positions {good} to {checkpoint.size - 1}"
        super().__init__(f"the entries are not those of the checkpoint over {checkpoint.size}: the change is in {where}")


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds: the last checkpoint, how many were found to be consistent with the entries, that one included, and how
    many entries are there by their leaf hashes alone, because their retention is over."""

    checkpoint: Checkpoint
    checkpoints: int
    trusted: Trusted
    pruned: int


def verify_bundle(path: Path, *, pinned: PublicKey, kept: Sequence[str] = (), against: Path | None = None) -> Verified:
    """Check every signature, every hash, and every checkpoint, those that the verifier `kept` too, and with `against` that of
    an earlier bundle, which is verified first.

    Raises `LogTampered` with the positions that are known, `BundleUnreadable`, `NotTrusted`, `NoteMalformed` or
    `CheckpointMalformed`.
    """
    earlier = None if against is None else verify_bundle(against, pinned=pinned).checkpoint
    with Bundle.opened(path) as bundle:
        trusted = Trusted.from_line(pinned, json.loads(bundle.small(KEYS))["successions"])
        last = trusted.checkpoint(bundle.small(CHECKPOINT).decode())
        _check_files(bundle, trusted.text_of(bundle.small(REPORT).decode()))
        known = [last, *(trusted.checkpoint(note) for note in kept), *([earlier] if earlier else [])]
        known += [trusted.checkpoint(json.loads(line)) for line in bundle.lines(CHECKPOINTS)]
        try:
            _check_sizes(known, last)
            pruned = check_entries(bundle.entries(), known)
        except LogTampered as error:
            raise LogTampered("; ".join([str(error.detail), *_located(bundle, error, against)])) from None
    return Verified(last, len({(one.size, one.root) for one in known}), trusted, pruned)


def check_entries(chunks: Iterable[bytes], known: Sequence[Checkpoint]) -> int:
    """That the entries, as they come, have the root of every checkpoint at its size, and end with the largest. Returns how
    many have no body any more.

    Costs two hashes an entry. Raises `LogTampered`, naming the checkpoints between which the change lies.
    """
    waiting = sorted(known, key=lambda one: one.size, reverse=True)
    frontier, good, pruned, young = Frontier(), 0, 0, _young(known)
    for lines in whole_lines(chunks):
        found = leaves_of(lines)
        leaves, pruned = found.hashes, pruned + len(found.pruned)
        if early := [frontier.size + place for place in found.pruned if frontier.size + place >= young]:
            raise LogTampered(f"bodies were removed before their retention was over, at positions {named(early)}")
        while waiting and waiting[-1].size <= frontier.size + len(leaves):
            part = waiting[-1].size - frontier.size
            frontier.extend(leaves[:part])
            leaves = leaves[part:]
            good = _checked(frontier, waiting.pop(), good)
        frontier.extend(leaves)
        if not waiting and leaves:
            raise LogTampered(f"there are more entries than the {good} that are signed")
    while waiting and waiting[-1].size == frontier.size:
        good = _checked(frontier, waiting.pop(), good)
    if waiting:
        raise LogTampered(f"there are {frontier.size} entries where {waiting[-1].size} were signed")
    return pruned


def _checked(frontier: Frontier, checkpoint: Checkpoint, good: int) -> int:
    if frontier.root() != checkpoint.root:
        raise ChangedBefore(checkpoint, good)
    return checkpoint.size


def _young(known: Sequence[Checkpoint]) -> int:
    """The position from which on every body has to be there: entries after a checkpoint were recorded after it was signed."""
    largest = max(known, key=lambda one: (one.size, one.signed_at))
    floor = retention().floor
    return min((one.size for one in known if floor(one.signed_at) > largest.signed_at), default=largest.size)


def _check_sizes(known: Sequence[Checkpoint], last: Checkpoint) -> None:
    largest = max(one.size for one in known)
    if largest > last.size:
        gone = f"positions {last.size} to {largest - 1} are gone"
        raise LogTampered(f"the log had {largest} entries already, and now says {last.size}: it was cut or rolled back, {gone}")


def _check_files(bundle: Bundle, report: str) -> None:
    told = files_of(report)
    for name in (CHECKPOINT, CHECKPOINTS, KEYS, NODES):  # the entries have their root
        digest = hashlib.sha256()
        for chunk in bundle.chunks(name):
            digest.update(chunk)
        if told.get(name) != digest.hexdigest():
            raise LogTampered(f"{name} is not the file that the report was signed for")


def _located(bundle: Bundle, error: LogTampered, against: Path | None) -> list[str]:
    """What else can be said about the place: by the entries' own positions, the stored nodes, and an earlier bundle."""
    told = []
    if wrong := misplaced(bundle.lines()):
        told.append(f"at positions {named(wrong)} stands what says it stands elsewhere, or is no entry")
    if isinstance(error, ChangedBefore):
        nodes = [bytes.fromhex(line.decode()) for line in bundle.lines(NODES)]
        blocks = changed_blocks(bundle.lines(), nodes, first=error.good, size=error.size)
        if blocks:
            positions = [position for block in blocks for position in block]
            told.append(f"other entries than those the tree was built over: positions {named(positions)}")
    if against is not None:
        with Bundle.opened(against) as earlier:
            found = changes(earlier.lines(), bundle.lines())
        told += [f"{kind} since the earlier bundle: {named(positions)}" for kind, positions in found.items() if positions]
    return told
