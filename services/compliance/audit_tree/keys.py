"""The signing key of the audit log: one private Ed25519 key in a file, and the line of public keys that led to it.

A rotation forgets the old private key; its public half stays in the line, so that what it signed can be verified for ever.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.secret_files import write_once, write_over
from contracts.values import RuleBroken
from services.compliance.audit_tree.rules.notes import ED25519, Note, NoteMalformed, PublicKey, Signature, is_key_name
from services.compliance.audit_tree.trust import Succession, Trusted


class SigningKeyUnreadable(RuntimeError):
    """The file of the signing key is missing or is none. Its content is never shown."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its public half."""

    private: Ed25519PrivateKey
    key: PublicKey

    @classmethod
    def of(cls, private: Ed25519PrivateKey, name: str, kind: int = ED25519) -> "Signer":
        """Raises ValueError for a name that no key may have."""
        if not is_key_name(name):
            raise ValueError("the name of a key has no spaces and no plus")
        return cls(private, PublicKey(name, private.public_key().public_bytes_raw(), kind))

    def signature(self, text: str) -> Signature:
        """The signature line over a text."""
        return Signature(self.key.name, self.key.key_id, self.private.sign(text.encode()))

    def sign(self, text: str) -> str:
        """The text as a signed note."""
        return str(Note(text, (self.signature(text),)))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key in use, and the succession notes from the first key to it."""

    signer: Signer
    successions: tuple[str, ...] = ()

    def trusted(self) -> Trusted:
        """Every key of the line with its period."""
        return Trusted.from_line(self.signer.key, self.successions)

    def rotated(self, now: datetime) -> "SigningKey":
        """A new key that the old one vouches for."""
        new = Signer.of(Ed25519PrivateKey.generate(), self.signer.key.name)
        text = Succession(self.signer.key, new.key, now).text()
        note = Note(text, (self.signer.signature(text), new.signature(text)))
        return SigningKey(new, (*self.successions, str(note)))

    def as_json(self) -> str:
        """The file's content. Holds the secret: it goes nowhere but into the file."""
        private = {"kty": "OKP", "crv": "Ed25519", "d": _encoded(self.signer.private.private_bytes_raw())}
        return json.dumps({"origin": self.signer.key.name, "private": private, "successions": self.successions}, indent=1)


def open_key(path: Path) -> SigningKey:
    """The key in the file. Raises `SigningKeyUnreadable`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        private = Ed25519PrivateKey.from_private_bytes(_decoded(content["private"]["d"]))
        found = SigningKey(Signer.of(private, content["origin"]), tuple(content["successions"]))
        found.trusted()
    except FileNotFoundError:
        raise SigningKeyUnreadable(f"there is no signing key at {path}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error, NoteMalformed, RuleBroken):
        raise SigningKeyUnreadable(f"the file at {path} is no readable signing key") from None
    return found


def create_key(path: Path, origin: str) -> SigningKey:
    """Make the file with a fresh key, readable by its owner alone. Never replaces a file: then the existing one is opened."""
    made = SigningKey(Signer.of(Ed25519PrivateKey.generate(), origin))
    try:
        write_once(path, made.as_json().encode())
    except FileExistsError:
        return open_key(path)
    return made


def rotate_key(path: Path, *, now: datetime) -> SigningKey:
    """Put a new key into the file in place of the old. The next checkpoint is signed with it. Raises `SigningKeyUnreadable`."""
    rotated = open_key(path).rotated(now)
    write_over(path, rotated.as_json().encode())
    return rotated


def _encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
