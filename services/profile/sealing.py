"""Field encryption and blind indexes (H20).

A field is sealed under its customer's data key with the cipher that the bank has set; table, column, row id and key version are
associated data, so a ciphertext opens in its own place only. Layout: one byte that names the cipher, two bytes key version, 12
bytes nonce, ciphertext and tag. Exact search goes through a keyed hash: a plain one of an identity number is reversed in 0.1 s.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from contracts.values import RuleBroken
from services.profile.ciphers import FORMAT_OF, FORMATS, KEY_BYTES, Aead, CipherName, DoesNotOpen, aead

HEAD_BYTES = 3
INDEX_BYTES = 16


class CiphertextMisplaced(RuleBroken):
    """A ciphertext does not open where it lies: moved from another row or column, changed, or its key was replaced."""

    rule = "ciphertext-misplaced"
    fix = "Restore the row from a backup; the stored value is not the one that was written here."


class Sealer:
    """Seals the fields of one customer with `cipher`, and opens what any cipher sealed under the same data key."""

    def __init__(self, data_key: bytes, *, version: int = 1, cipher: CipherName = CipherName.AES_256_GCM) -> None:
        self.version = version
        self._key = data_key
        self._head = bytes([FORMAT_OF[cipher]]) + version.to_bytes(2, "big")
        self._ciphers: dict[CipherName, Aead] = {cipher: aead(cipher, data_key)}
        self._cipher = self._ciphers[cipher]
        self._row_id: UUID | None = None
        self._row = ""

    def seal(self, table: str, column: str, row_id: UUID, text: str) -> bytes:
        """The ciphertext of `text` for one place."""
        if row_id is not self._row_id:  # a row's fields are sealed one after another: its id is written out once
            self._row_id, self._row = row_id, str(row_id)
        return self._head + self._cipher.seal(text.encode(), f"{table}|{column}|{self._row}|{self.version}".encode())

    def open(self, table: str, column: str, row_id: UUID, sealed: bytes) -> str:
        """The text. Raises `CiphertextMisplaced`."""
        version = int.from_bytes(sealed[1:HEAD_BYTES], "big")
        name = FORMATS.get(sealed[0]) if len(sealed) > HEAD_BYTES else None
        if name is None or version != self.version:
            raise CiphertextMisplaced(f"{table}.{column} holds a ciphertext of another format or key version")
        if name not in self._ciphers:
            self._ciphers[name] = aead(name, self._key)
        try:
            return self._ciphers[name].open(sealed[HEAD_BYTES:], _place(table, column, row_id, version)).decode()
        except DoesNotOpen:
            raise CiphertextMisplaced(f"{table}.{column} holds a ciphertext that was not written there") from None


class HasIndexKey(Protocol):
    """Whatever holds the key of the blind indexes."""

    @property
    def index(self) -> bytes:
        """32 bytes."""


class Blinder:
    """Keyed hashes for exact search: the same value of the same kind gives the same 16 bytes, and only with the key."""

    def __init__(self, keys: HasIndexKey) -> None:
        self._key = keys.index
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
