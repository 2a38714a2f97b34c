"""A witness: keeps the last checkpoint that it saw, and cosigns (C2SP tlog-cosignature) only one that goes on from it.

It is worth what it is apart from the log: run it under another account or on another machine, with its state in a file of its
own. What it cosigned cannot be taken back by whoever holds the log's database and the log's key.
"""

import base64
import binascii
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.secret_files import write_over
from services.compliance.audit_tree.keys import Signer
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.notes import COSIGNATURE, Note, PublicKey, Signature
from services.compliance.audit_tree.rules.proofs import ProofBroken, check_consistency
from services.compliance.audit_tree.trust import UNTRUSTWORTHY, Trusted, verifies
from steward.audit.client import LogClient
from steward.failures import Failure

_TIME_BYTES = 8


class WitnessRefuses(Failure):
    """What the log says does not go on from what it said before: the witness signs nothing and keeps what it has."""


class WitnessUnready(Failure):
    """The witness's own file cannot be used."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Its key, the log's key that it was told, and the last checkpoint that it cosigned (a note), if any."""

    signer: Signer
    pinned: PublicKey
    seen: str | None = None

    @classmethod
    def new(cls, name: str, pinned: PublicKey) -> Self:
        """A witness that has seen nothing yet."""
        return cls(Signer.of(Ed25519PrivateKey.generate(), name, COSIGNATURE), pinned)

    async def look(self, log: LogClient, now: datetime) -> "Witness":
        """Look at the log once; the witness with what it cosigned. Raises `WitnessRefuses` or `LogUnreachable`."""
        try:
            trusted = Trusted.from_line(self.pinned, await log.successions())
            note = await log.latest()
            latest = trusted.checkpoint(note)
            if self.seen is not None:
                await _check_goes_on(log, trusted.checkpoint(self.seen), latest)
        except (*UNTRUSTWORTHY, ProofBroken) as error:
            raise WitnessRefuses(f"the log is not consistent with what it said before ({error.rule}): {error.detail}") from None
        return replace(self, seen=self._cosigned(note, now))

    def _cosigned(self, note: str, now: datetime) -> str:
        parsed, seconds = Note.parse(note), int(now.timestamp())
        value = seconds.to_bytes(_TIME_BYTES) + self.signer.private.sign(_cosigned_text(parsed.text, seconds))
        ours = Signature(self.signer.key.name, self.signer.key.key_id, value)
        return str(Note(parsed.text, (*parsed.signatures, ours)))

    def as_json(self) -> str:
        """The file's content. Holds the witness's secret: it goes nowhere but into the file."""
        secret = base64.b64encode(self.signer.private.private_bytes_raw()).decode()
        told = {"name": self.signer.key.name, "private": secret, "log_key": str(self.pinned), "seen": self.seen}
        return json.dumps(told, indent=1)

    @classmethod
    def from_json(cls, content: str) -> Self:
        """Raises `WitnessUnready`, which shows nothing of the content."""
        try:
            told = json.loads(content)
            private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(told["private"], validate=True))
            seen = told["seen"]
            if seen is not None:
                Note.parse(seen)
            return cls(Signer.of(private, told["name"], COSIGNATURE), PublicKey.parse(told["log_key"]), seen)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, *UNTRUSTWORTHY):
            raise WitnessUnready(
                "the witness's file is damaged; without it, earlier checkpoints have to come from elsewhere"
            ) from None


async def _check_goes_on(log: LogClient, seen: Checkpoint, latest: Checkpoint) -> None:
    if latest.size < seen.size:
        raise ProofBroken(f"it had {seen.size} entries and now says {latest.size}")
    if seen.size == 0:
        return
    proof = [] if latest.size == seen.size else await log.consistency(seen.size, latest.size)
    roots = {"first_root": seen.root, "second_root": latest.root}
    check_consistency(first=seen.size, second=latest.size, **roots, proof=proof)


def cosigned_at(note: str, key: PublicKey) -> int | None:
    """When a witness cosigned a note, in seconds since 1970; None when it did not, or not rightly."""
    parsed = Note.parse(note)
    signature = parsed.by(key)
    if signature is None or key.kind != COSIGNATURE:
        return None
    seconds = int.from_bytes(signature.value[:_TIME_BYTES])
    right = verifies(key, signature.value[_TIME_BYTES:], _cosigned_text(parsed.text, seconds))
    return seconds if right else None


def _cosigned_text(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


class WitnessFile:
    """Where a witness keeps its state: one process at a time, moved into place whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else uses the file meanwhile. Raises `WitnessUnready`."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise WitnessUnready(f"another witness works with {self.path}") from None
            yield

    def read(self) -> Witness | None:
        """The witness in the file; None where there is no file. Raises `WitnessUnready`."""
        try:
            return Witness.from_json(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def write(self, witness: Witness) -> None:
        """Keep it, on disk, before anybody hears of what it signed."""
        write_over(self.path, witness.as_json().encode())
