"""The master keyset: versioned keys in a local file that wrap the customers' data keys, and the key of the blind indexes.

The file is JSON: `{"active": 1, "masters": {"1": "<base64, 32 bytes>"}, "index": "<base64, 32 bytes>"}`, mode 0600, and
`"ciphers": {"2": "sm4-gcm"}` for versions that are not of AES-256-GCM. Old versions stay until nothing needs them (H20).
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from chassis.secret_files import write_once, write_over
from services.profile.ciphers import KEY_BYTES, CipherName, DoesNotOpen, aead
from services.profile.masters import KeyUnusable, Wrapped


class KeysetUnreadable(RuntimeError):
    """The keyset file is missing or not in its format; without it no personal data can be read or written."""


class Keyset:
    """Master keys by version, one of them active for new wraps, and the key of the blind indexes."""

    remote = False

    def __init__(
        self, *, active: int, masters: dict[int, bytes], index: bytes, ciphers: Mapping[int, CipherName] | None = None
    ) -> None:
        if active not in masters or any(len(key) != KEY_BYTES for key in (*masters.values(), index)):
            raise KeysetUnreadable("a keyset holds 32-byte keys and an active version that is one of them")
        self.active = active
        self.index = index
        self._raw = masters
        self._names = {version: (ciphers or {}).get(version, CipherName.AES_256_GCM) for version in masters}
        self._ciphers = {version: aead(self._names[version], key) for version, key in masters.items()}

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that open wraps, oldest first."""
        return tuple(sorted(self._raw))

    def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[Wrapped]:
        """Data keys under the active master key, each bound to its customer."""
        cipher, version = self._ciphers[self.active], self.active
        return [Wrapped(customer_id, version, cipher.seal(key, _bound_to(customer_id, version))) for customer_id, key in keys]

    def unwrap(self, wrapped: Sequence[Wrapped]) -> list[bytes]:
        """The data keys. Raises `KeyUnusable`."""
        return [self._opened(key) for key in wrapped]

    def _opened(self, wrapped: Wrapped) -> bytes:
        cipher = self._ciphers.get(wrapped.master_version)
        if cipher is None:
            raise KeyUnusable(f"master key version {wrapped.master_version} is not in the keyset")
        try:
            return cipher.open(wrapped.ciphertext, _bound_to(wrapped.customer_id, wrapped.master_version))
        except DoesNotOpen:
            raise KeyUnusable("the wrapped key does not open") from None

    def as_json(self) -> str:
        """The file's content. Holds secrets: it goes nowhere but into the keyset file."""
        masters = {str(version): _encoded(key) for version, key in sorted(self._raw.items())}
        ciphers = {str(version): name for version, name in self._names.items() if name is not CipherName.AES_256_GCM}
        content: dict[str, object] = {"active": self.active, "masters": masters, "index": _encoded(self.index)}
        return json.dumps(content | ({"ciphers": ciphers} if ciphers else {}), indent=1)

    def rotated(self, cipher: CipherName = CipherName.AES_256_GCM) -> "Keyset":
        """The keyset with one more master key, which is active from now on; the index key stays, or search would end."""
        version = max(self._raw) + 1
        masters = {**self._raw, version: secrets.token_bytes(KEY_BYTES)}
        return Keyset(active=version, masters=masters, index=self.index, ciphers={**self._names, version: cipher})

    def without_before(self, version: int) -> "Keyset":
        """The keyset without the master keys older than `version`; the active one stays in any case."""
        oldest = min(version, self.active)
        masters = {number: key for number, key in self._raw.items() if number >= oldest}
        return Keyset(active=self.active, masters=masters, index=self.index, ciphers=self._names)


class KeysetFile:
    """The keyset of a file that others may change while this process runs: read again where it has changed."""

    remote = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = 0
        self._keyset = self._current()
        self.index = self._keyset.index

    @property
    def active(self) -> int:
        """The version of new wraps."""
        return self._current().active

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that open wraps, oldest first."""
        return self._current().versions

    def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[Wrapped]:
        """Data keys under the active master key."""
        return self._current().wrap(keys)

    def unwrap(self, wrapped: Sequence[Wrapped]) -> list[bytes]:
        """The data keys. Raises `KeyUnusable`."""
        return self._current().unwrap(wrapped)

    def rotate(self, cipher: CipherName) -> int:
        """Add a master key of a cipher and make it the active one; its version."""
        return rotate_keyset(self._path, cipher).active

    def retire_before(self, version: int) -> None:
        """Take the master keys older than `version` out of the file: what they wrapped never opens again."""
        write_over(self._path, self._current().without_before(version).as_json().encode())

    def _current(self) -> Keyset:
        try:
            changed_at = self._path.stat().st_mtime_ns
        except OSError:
            if self._read_at:  # unlinked under a running service: what was read goes on serving
                return self._keyset
            changed_at = 0
        if changed_at != self._read_at or not changed_at:
            self._keyset, self._read_at = open_keyset(self._path), changed_at
        return self._keyset


def new_keyset() -> Keyset:
    """A keyset of fresh random keys, version 1."""
    return Keyset(active=1, masters={1: secrets.token_bytes(KEY_BYTES)}, index=secrets.token_bytes(KEY_BYTES))


def open_keyset(path: Path) -> Keyset:
    """The keyset in the file. Raises `KeysetUnreadable`, which never shows content."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        masters = {int(version): base64.b64decode(key, validate=True) for version, key in content["masters"].items()}
        ciphers = {int(version): CipherName(name) for version, name in content.get("ciphers", {}).items()}
        index = base64.b64decode(content["index"], validate=True)
        return Keyset(active=int(content["active"]), masters=masters, index=index, ciphers=ciphers)
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


def rotate_keyset(path: Path, cipher: CipherName = CipherName.AES_256_GCM) -> Keyset:
    """Add a master key to the file and make it the active one."""
    keyset = open_keyset(path).rotated(cipher)
    write_over(path, keyset.as_json().encode())
    return keyset


def _bound_to(customer_id: UUID, master_version: int) -> bytes:
    return f"data_key|{customer_id}|{master_version}".encode()


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
