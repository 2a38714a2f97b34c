"""Field encryption and blind indexes (H20).

A field is sealed with AES-256-GCM under its customer's data key; table, column, row id and key version are associated data, so a
ciphertext opens in its own place only. Layout: one byte format, two bytes key version, 12 bytes nonce, ciphertext and tag.
Exact search goes through a keyed hash, because a plain one of an identity number is reversed in a tenth of a second.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.values import RuleBroken
from services.profile.keys import KEY_BYTES, NONCE_BYTES, Keyset

FORMAT = 1
HEAD_BYTES = 3
INDEX_BYTES = 16


class CiphertextMisplaced(RuleBroken):
    """A ciphertext does not open where it lies: moved from another row or column, changed, or its key was replaced."""

    rule = "ciphertext-misplaced"
    fix = "Restore the row from a backup; the stored value is not the one that was written here."


class Sealer:
    """Seals and opens the fields of one customer."""

    def __init__(self, data_key: bytes, *, version: int = 1) -> None:
        self.version = version
        self._cipher = AESGCM(data_key)

    def seal(self, table: str, column: str, row_id: UUID, text: str) -> bytes:
        """The ciphertext of `text` for one place."""
        nonce = os.urandom(NONCE_BYTES)
        head = bytes([FORMAT]) + self.version.to_bytes(2, "big")
        return head + nonce + self._cipher.encrypt(nonce, text.encode(), _place(table, column, row_id, self.version))

    def open(self, table: str, column: str, row_id: UUID, sealed: bytes) -> str:
        """The text. Raises `CiphertextMisplaced`."""
        version = int.from_bytes(sealed[1:HEAD_BYTES], "big")
        nonce, body = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
        if sealed[:1] != bytes([FORMAT]) or version != self.version:
            raise CiphertextMisplaced(f"{table}.{column} holds a ciphertext of another format or key version")
        try:
            return self._cipher.decrypt(nonce, body, _place(table, column, row_id, version)).decode()
        except InvalidTag:
            raise CiphertextMisplaced(f"{table}.{column} holds a ciphertext that was not written there") from None


class Blinder:
    """Keyed hashes for exact search: the same value of the same kind gives the same 16 bytes, and only with the key."""

    def __init__(self, keyset: Keyset) -> None:
        self._key = keyset.index
        self._states: dict[str, hashlib.blake2b] = {}

    def index(self, kind: str, value: str) -> bytes:
        """16 bytes for a normalised value; `kind` (id_number, phone, card, account, identity) keeps kinds apart."""
        state = self._states.get(kind)
        if state is None:
            person = kind.encode().ljust(16, b"\0")[:16]
            state = self._states[kind] = hashlib.blake2b(key=self._key, digest_size=INDEX_BYTES, person=person)
        state = state.copy()
        state.update(value.encode())
        return state.digest()

    def digest(self, values: Iterable[str | None]) -> bytes:
        """16 bytes for an ordered set of values: equal digests mean equal plaintexts, without opening any of them."""
        return self.index("identity", "\x1f".join("\x00" if value is None else value for value in values))


def new_data_key() -> bytes:
    """A customer's fresh 256-bit data key."""
    return os.urandom(KEY_BYTES)


def card_digits(value: str) -> str:
    """A card number without the spaces and hyphens that people write."""
    return re.sub(r"[\s-]", "", value)


def _place(table: str, column: str, row_id: UUID, version: int) -> bytes:
    return f"{table}|{column}|{row_id}|{version}".encode()
