"""Signed notes and public keys as text (C2SP signed-note): a text, an empty line, and a line for each signature.

Nothing is verified here; `services.compliance.audit_tree.trust` does that.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from contracts.values import RuleBroken

ED25519 = 1
COSIGNATURE = 4
"""Kinds of signature: a log's own, and a witness's with its time in front (C2SP tlog-cosignature)."""

PUBLIC_BYTES = 32
MOST_CHARACTERS = 1_000_000
MOST_SIGNATURES = 100

_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_ID_BYTES = 4


class NoteMalformed(RuleBroken):
    """A text is not a signed note, or not the public key of one."""

    rule = "note-malformed"
    fix = "Give the text unchanged, line ends included."


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as verifiers hold it: `<name>+<key id>+<base64 of kind and key>`."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, kind and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed()).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed()).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `NoteMalformed`, also when the key id is not the key's."""
        matched = _KEY.fullmatch(text.strip())
        if matched is None:
            raise NoteMalformed("not a public key of signed notes")
        typed = _decoded(matched[3])
        if len(typed) != 1 + PUBLIC_BYTES or typed[0] not in (ED25519, COSIGNATURE):
            raise NoteMalformed("not an Ed25519 key")
        found = cls(matched[1], typed[1:], typed[0])
        if found.key_id.hex() != matched[2]:
            raise NoteMalformed("the key id is not that of the key")
        return found

    def _typed(self) -> bytes:
        return bytes([self.kind]) + self.public


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `value` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and its signatures. The signatures cover the text alone."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def parse(cls, whole: str) -> Self:
        """Raises `NoteMalformed`."""
        if len(whole) > MOST_CHARACTERS or any(ord(one) < 0x20 and one != "\n" for one in whole):
            raise NoteMalformed("too long, or with control characters")
        text, parted, signed = whole.rpartition("\n\n")
        lines = signed.split("\n")
        if not parted or not text or lines.pop() != "" or not 0 < len(lines) <= MOST_SIGNATURES:
            raise NoteMalformed("not a text and its signatures")
        return cls(text + "\n", tuple(map(_signature, lines)))

    def by(self, key: PublicKey) -> Signature | None:
        """The first signature that says it is the key's."""
        return next((one for one in self.signatures if (one.name, one.key_id) == (key.name, key.key_id)), None)


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no spaces, no plus."""
    return _NAME.fullmatch(name) is not None


def _signature(line: str) -> Signature:
    matched = _SIGNATURE.fullmatch(line)
    if matched is None:
        raise NoteMalformed("not a signature line")
    value = _decoded(matched[2])
    if len(value) <= _ID_BYTES:
        raise NoteMalformed("a signature is too short")
    return Signature(matched[1], value[:_ID_BYTES], value[_ID_BYTES:])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed("not base64") from None
