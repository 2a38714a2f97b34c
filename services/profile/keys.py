"""The master keyset: versioned keys in a local file that wrap the customers' data keys, and the key of the blind indexes.

The file is JSON: `{"active": 1, "masters": {"1": "<base64, 32 bytes>"}, "index": "<base64, 32 bytes>"}`, mode 0600. A new
version is added by `rotate_keyset`; old ones stay, because data keys wrapped with them still need them (H20).
"""

import base64
import binascii
import json
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.secret_files import write_once, write_over
from contracts.values import RuleBroken

KEY_BYTES = 32
NONCE_BYTES = 12


class KeysetUnreadable(RuntimeError):
    """The keyset file is missing or not in its format; without it no personal data can be read or written."""


class KeyUnusable(RuleBroken):
    """A wrapped data key does not open: it belongs to another customer, was changed, or its master key is gone."""

    rule = "data-key-unusable"
    fix = "Restore the master keyset that was in use when the customer was stored."


class Keyset:
    """Master keys by version, one of them active for new wraps, and the key of the blind indexes."""

    def __init__(self, *, active: int, masters: dict[int, bytes], index: bytes) -> None:
        if active not in masters or any(len(key) != KEY_BYTES for key in (*masters.values(), index)):
            raise KeysetUnreadable("a keyset holds 32-byte keys and an active version that is one of them")
        self.active = active
        self.index = index
        self._raw = masters
        self._ciphers = {version: AESGCM(key) for version, key in masters.items()}

    def wrap(self, data_key: bytes, customer_id: UUID) -> tuple[int, bytes]:
        """The data key under the active master key, bound to its customer: (master version, nonce and ciphertext)."""
        nonce = os.urandom(NONCE_BYTES)
        bound = _bound_to(customer_id, self.active)
        return self.active, nonce + self._ciphers[self.active].encrypt(nonce, data_key, bound)

    def unwrap(self, wrapped: bytes, customer_id: UUID, master_version: int) -> bytes:
        """The data key. Raises `KeyUnusable`."""
        cipher = self._ciphers.get(master_version)
        if cipher is None:
            raise KeyUnusable(f"master key version {master_version} is not in the keyset")
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound_to(customer_id, master_version))
        except InvalidTag:
            raise KeyUnusable("the wrapped key does not open") from None

    def as_json(self) -> str:
        """The file's content. Holds secrets: it goes nowhere but into the keyset file."""
        masters = {str(version): _encoded(key) for version, key in sorted(self._raw.items())}
        return json.dumps({"active": self.active, "masters": masters, "index": _encoded(self.index)}, indent=1)

    def rotated(self) -> "Keyset":
        """The keyset with one more master key, which is active from now on; the index key stays, or search would end."""
        version = max(self._raw) + 1
        return Keyset(active=version, masters={**self._raw, version: secrets.token_bytes(KEY_BYTES)}, index=self.index)


def new_keyset() -> Keyset:
    """A keyset of fresh random keys, version 1."""
    return Keyset(active=1, masters={1: secrets.token_bytes(KEY_BYTES)}, index=secrets.token_bytes(KEY_BYTES))


def open_keyset(path: Path) -> Keyset:
    """The keyset in the file. Raises `KeysetUnreadable`, which never shows content."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        masters = {int(version): base64.b64decode(key, validate=True) for version, key in content["masters"].items()}
        return Keyset(active=int(content["active"]), masters=masters, index=base64.b64decode(content["index"], validate=True))
    except FileNotFoundError:
        raise KeysetUnreadable(f"there is no keyset file at {path}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise KeysetUnreadable(f"the file at {path} is no readable keyset") from None


def create_keyset(path: Path) -> Keyset:
    """Make the file with fresh keys and return them. Never replaces a file: then the existing one is opened."""
    keyset = new_keyset()
    try:
        write_once(path, keyset.as_json().encode())
    except FileExistsError:
        return open_keyset(path)
    return keyset


def rotate_keyset(path: Path) -> Keyset:
    """Add a master key to the file and make it the active one."""
    keyset = open_keyset(path).rotated()
    write_over(path, keyset.as_json().encode())
    return keyset


def _bound_to(customer_id: UUID, master_version: int) -> bytes:
    return f"data_key|{customer_id}|{master_version}".encode()


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
