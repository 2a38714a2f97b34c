"""What a checkpoint says (C2SP tlog-checkpoint), and when the next one is due."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.hashing import HASH_BYTES

CHECKPOINT_AFTER = timedelta(seconds=45)
"""From the first entry that no checkpoint covers to the checkpoint that does. Timers look once a second, which leaves it
well within 60 seconds."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNED_AT = "signed-at "


class CheckpointMalformed(RuleBroken):
    """The text of a signed note is not that of a checkpoint of this log."""

    rule = "checkpoint-malformed"
    fix = "Give a checkpoint of the audit log, unchanged."


class LogInconsistent(RuleBroken):
    """The log as it stands does not begin as it did at its last checkpoint: somebody changed the database."""

    rule = "log-inconsistent"
    fix = "Stop writing, keep the database as it is, and compare with an export and the witness's checkpoint."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log had `size` entries under `root` at `signed_at` (UTC, whole seconds)."""

    origin: str
    size: int
    root: bytes
    signed_at: datetime

    def text(self) -> str:
        """Origin, size, root; and the time as an extension line, since a key is good for a period only."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n{_SIGNED_AT}{moment(self.signed_at)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `CheckpointMalformed`. Extension lines that are not ours are passed over."""
        match text.removesuffix("\n").split("\n"):
            case [origin, size, root, *extensions] if origin and _SIZE.fullmatch(size):
                signed_at = next((line for line in extensions if line.startswith(_SIGNED_AT)), "")
            case _:
                raise CheckpointMalformed("origin, size or root is missing")
        return cls(origin, int(size), _root(root), read_moment(signed_at.removeprefix(_SIGNED_AT)))


def moment(value: datetime) -> str:
    """RFC 3339 in UTC with whole seconds: `2026-02-01T08:30:00Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str) -> datetime:
    """The time that `moment` wrote. Raises `CheckpointMalformed`."""
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise CheckpointMalformed("not a time in UTC") from None
    return found


def _root(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != HASH_BYTES:
        raise CheckpointMalformed("the root is not a SHA-256 hash")
    return found
