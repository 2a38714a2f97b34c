"""Whose signatures count: one public key that a verifier got by another way, and every key in its line of succession.

At a rotation the old key and the new one sign the same note: which follows which, and when. So whoever trusts one key of
the line can follow it both ways, and knows the period of each, from the public keys alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.checkpoints import Checkpoint, CheckpointMalformed, moment, read_moment
from services.compliance.audit_tree.rules.notes import Note, NoteMalformed, PublicKey

_SUCCESSION = "steward audit key succession"
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class NotTrusted(RuleBroken):
    """A note is signed by no trusted key, or by one whose period it is not."""

    rule = "signature-not-trusted"
    fix = "Ask the log's operator, by another way, for the public key; if it is the right one, the log was signed by another."


@dataclass(frozen=True, slots=True)
class Period:
    """A key and when it signs: `since` included, `until` not."""

    key: PublicKey
    since: datetime = _BEGINNING
    until: datetime = _END

    @property
    def is_first(self) -> bool:
        """Whether no key was before it."""
        return self.since == _BEGINNING

    @property
    def is_last(self) -> bool:
        """Whether no key came after it."""
        return self.until == _END


@dataclass(frozen=True, slots=True)
class Succession:
    """At `at`, `new` takes over from `old`."""

    old: PublicKey
    new: PublicKey
    at: datetime

    def text(self) -> str:
        """What both keys sign."""
        return f"{_SUCCESSION}\n{self.old}\n{self.new}\n{moment(self.at)}\n"

    @classmethod
    def verified(cls, whole: str) -> Self:
        """The succession that a note tells. Raises `NotTrusted` unless both keys signed it."""
        note = Note.parse(whole)
        match note.text.removesuffix("\n").split("\n"):
            case [kind, old, new, at] if kind == _SUCCESSION:
                found = cls(PublicKey.parse(old), PublicKey.parse(new), read_moment(at))
            case _:
                raise NotTrusted("not a succession of keys")
        if not (is_signed(note, found.old) and is_signed(note, found.new)):
            raise NotTrusted("a succession is not signed by both keys")
        return found


def is_signed(note: Note, key: PublicKey) -> bool:
    """Whether the key's signature is there and right."""
    signature = note.by(key)
    return signature is not None and verifies(key, signature.value, note.text.encode())


def verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is the key's over the message."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class Trusted:
    """The keys of one line of succession, each with its period."""

    def __init__(self, periods: Sequence[Period]) -> None:
        self.periods = tuple(periods)

    @classmethod
    def from_line(cls, pinned: PublicKey, successions: Iterable[str] = ()) -> Self:
        """The keys before and after `pinned`. Raises `NotTrusted` for a line that does not hold together or leaves it out."""
        line = [Succession.verified(whole) for whole in successions]
        if any(one.new != after.old or one.at > after.at for one, after in pairwise(line)):
            raise NotTrusted("the line of keys is broken")
        keys = [line[0].old, *(one.new for one in line)] if line else [pinned]
        if pinned not in keys:
            raise NotTrusted("the trusted key is not in the line of keys")
        borders = [_BEGINNING, *(one.at for one in line), _END]
        return cls([Period(key, since, until) for key, since, until in zip(keys, borders, borders[1:], strict=False)])

    def text_of(self, whole: str) -> str:
        """The text of a note that one of the keys signed, whenever. Raises `NotTrusted` or `NoteMalformed`."""
        note = Note.parse(whole)
        self._signer(note)
        return note.text

    def checkpoint(self, whole: str) -> Checkpoint:
        """The checkpoint in a note. Raises `NotTrusted`, `NoteMalformed` or `CheckpointMalformed`."""
        note = Note.parse(whole)
        signer = self._signer(note)
        found = Checkpoint.parse(note.text)
        if found.origin != signer.key.name:
            raise NotTrusted("the checkpoint is of another log")
        if not signer.since <= found.signed_at <= signer.until:
            raise NotTrusted("the key was not in use when this was signed")
        return found

    def _signer(self, note: Note) -> Period:
        for period in self.periods:
            if note.by(period.key) is not None:
                if not is_signed(note, period.key):
                    raise NotTrusted("the signature is not right")
                return period
        raise NotTrusted("none of the signatures is of a trusted key")


UNTRUSTWORTHY = (NotTrusted, NoteMalformed, CheckpointMalformed)
"""What is wrong with a note that cannot be believed."""
