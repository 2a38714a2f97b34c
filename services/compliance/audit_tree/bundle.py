"""Verifying a bundle offline: the file, a public key that came by another way, and checkpoints that were kept."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.hashing import Frontier, leaf_hashes
from services.compliance.audit_tree.rules.notes import PublicKey
from services.compliance.audit_tree.rules.reports import CHECKPOINT, CHECKPOINTS, ENTRIES, KEYS, REPORT, files_of
from services.compliance.audit_tree.trust import UNTRUSTWORTHY, Trusted

_CHUNK = 1 << 18
_MOST_OF_A_SMALL_FILE = 64 * 1024 * 1024


class LogTampered(RuleBroken):
    """The entries are not those that the log signed."""

    rule = "log-tampered"
    fix = "Keep this file and every checkpoint that you have; the entries up to the last good checkpoint can be trusted."


class BundleUnreadable(RuleBroken):
    """A file is no bundle of an audit log."""

    rule = "bundle-unreadable"
    fix = "Export again, and give the file unchanged."


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds: the last checkpoint, and how many were found to be consistent with the entries, that one included."""

    checkpoint: Checkpoint
    checkpoints: int
    trusted: Trusted


def verify_bundle(path: Path, *, pinned: PublicKey, kept: Sequence[str] = ()) -> Verified:
    """Check every signature, every hash, and every checkpoint, those that the verifier `kept` too.

    Raises `LogTampered`, `BundleUnreadable`, `NotTrusted`, `NoteMalformed` or `CheckpointMalformed`.
    """
    with _opened(path) as archive:
        trusted = Trusted.from_line(pinned, _successions(archive))
        last = trusted.checkpoint(_text(archive, CHECKPOINT))
        notes = [*_notes(archive), *kept]
        known = [last, *(trusted.checkpoint(note) for note in notes)]
        _check_sizes(known, last)
        _check_files(archive, trusted.text_of(_text(archive, REPORT)))
        check_entries(_lines(archive), known)
    return Verified(last, len({(one.size, one.root) for one in known}), trusted)


def check_entries(blocks: Iterator[list[bytes]], known: Sequence[Checkpoint]) -> None:
    """That the entries, as they come, have the root of every checkpoint at its size, and end with the largest.

    Costs two hashes an entry. Raises `LogTampered`, naming the checkpoints between which the change lies.
    """
    waiting = sorted(known, key=lambda one: one.size, reverse=True)
    frontier, good = Frontier(), 0
    for block in blocks:
        leaves = leaf_hashes(block)
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


def _checked(frontier: Frontier, checkpoint: Checkpoint, good: int) -> int:
    if frontier.root() != checkpoint.root:
        where = f"positions {good} to {checkpoint.size - 1}"
        raise LogTampered(f"the entries are not those of the checkpoint over {checkpoint.size}: the change is in {where}")
    return checkpoint.size


def _check_sizes(known: Sequence[Checkpoint], last: Checkpoint) -> None:
    largest = max(one.size for one in known)
    if largest > last.size:
        raise LogTampered(f"the log had {largest} entries already, and now says {last.size}: it was cut or rolled back")


def _check_files(archive: zipfile.ZipFile, report: str) -> None:
    told = files_of(report)
    for name in (CHECKPOINT, CHECKPOINTS, KEYS):  # the entries have their root
        if told.get(name) != hashlib.sha256(_read(archive, name)).hexdigest():
            raise LogTampered(f"{name} is not the file that the report was signed for")


def _lines(archive: zipfile.ZipFile) -> Iterator[list[bytes]]:
    """Entries as they stand on their lines, by the block; the next one is unpacked on another core meanwhile."""
    rest = b""
    with archive.open(ENTRIES) as file, ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(file.read, _CHUNK)
        while chunk := coming.result():
            coming = ahead.submit(file.read, _CHUNK)
            *lines, rest = (rest + chunk).split(b"\n")
            yield lines
    if rest:
        raise LogTampered("the last entry is cut off")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except UNTRUSTWORTHY:
        raise
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, zlib.error):
        raise BundleUnreadable("the file is missing, damaged, or no bundle") from None


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_OF_A_SMALL_FILE:
        raise BundleUnreadable(f"{name} is too large")
    return archive.read(name)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return _read(archive, name).decode()


def _successions(archive: zipfile.ZipFile) -> list[str]:
    content = json.loads(_text(archive, KEYS))
    return [str(note) for note in content["successions"]]


def _notes(archive: zipfile.ZipFile) -> list[str]:
    return [str(json.loads(line)) for line in _text(archive, CHECKPOINTS).splitlines()]
