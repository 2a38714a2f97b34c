"""Texts at rest, sealed with a key that the database does not hold (H20).

AES-256-GCM; the place (table, column, row) is associated data, so that a sealed text opens where it was written and nowhere
else. Layout: one byte format, two bytes key version, 12 bytes nonce, ciphertext and tag. The key file is JSON,
`{"active": 1, "keys": {"1": "<base64, 32 bytes>"}}`, mode 0600; older keys stay, because texts sealed with them need them.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.secret_files import write_once

FORMAT = b"\x01"
"""No JSON and no text begins with it, so what was stored before there was a key is told apart."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_HEAD_BYTES = 3


class KeyFileUnreadable(RuntimeError):
    """The key file is missing or not in its format; without it no sealed text can be read."""


class SealBroken(RuntimeError):
    """A sealed text does not open where it lies: moved, changed, or its key is gone from the file."""


class Sealer:
    """Seals and opens texts by key version; new ones with the active key."""

    def __init__(self, *, active: int, keys: Mapping[int, bytes]) -> None:
        if active not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise KeyFileUnreadable("a key file holds 32-byte keys and an active version that is one of them")
        self._active = active
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}

    def seal(self, place: str, text: bytes) -> bytes:
        """The sealed text for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        head = FORMAT + self._active.to_bytes(2, "big")
        return head + nonce + self._ciphers[self._active].encrypt(nonce, text, head + place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """The text. Raises `SealBroken`."""
        head, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(int.from_bytes(head[1:], "big"))
        if head[:1] != FORMAT or cipher is None:
            raise SealBroken("another format, or a key version that is not in the key file")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], head + place.encode())
        except InvalidTag:
            raise SealBroken("it was not written here") from None


def is_sealed(stored: bytes) -> bool:
    """Whether the stored bytes are a sealed text."""
    return stored[:1] == FORMAT


@cache
def open_sealer(path: Path) -> Sealer:
    """The sealer of a key file. Raises `KeyFileUnreadable`, which never shows content."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {int(version): base64.b64decode(key, validate=True) for version, key in content["keys"].items()}
        return Sealer(active=int(content["active"]), keys=keys)
    except FileNotFoundError:
        raise KeyFileUnreadable(f"there is no key file at {path}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise KeyFileUnreadable(f"the file at {path} is no readable key file") from None


def make_key_file(path: Path) -> None:
    """Make the file with one fresh key. Never replaces a file: then the existing one stays."""
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    try:
        write_once(path, json.dumps({"active": 1, "keys": {"1": key}}).encode())
    except FileExistsError:
        return
