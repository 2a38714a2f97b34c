"""Master keys in HashiCorp Vault's transit engine: they never leave it, and its own log tells who used them.

The transit key is of type aes256-gcm96 (or an SM4 plug-in of the bank's), made by Vault's administrators. A data key is bound
to its customer as associated data. The key of the blind indexes is wrapped by the same transit key and lies in the keyset file:
`{"index": "vault:v1:…"}`; it is opened at the start.
"""

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import hvac
import requests
from hvac import exceptions

from chassis.secret_files import write_once, write_over
from services.profile.ciphers import KEY_BYTES, CipherName
from services.profile.keys import KeysetUnreadable
from services.profile.masters import KeyUnusable, MastersUnavailable, Wrapped

T = TypeVar("T")

DEADLINE_SECONDS = 5
MOST_AT_ONCE = 1_000
"""Items of one batch_input; Vault's default limit of a request is 32 MB."""
_INDEX = "index"


class TransitMasters:
    """The transit key `key` under `mount`. The token is read from its file, and again when Vault refuses it."""

    remote = True

    def __init__(self, *, url: str, token_file: Path, key: str, mount: str, index_file: Path) -> None:
        self._token_file = token_file
        self._client = hvac.Client(url=url, token=_token(token_file), timeout=DEADLINE_SECONDS)
        self._key, self._mount = key, mount
        self._index_file = index_file
        self._index = self._open_index()

    @property
    def index(self) -> bytes:
        """The key of the blind indexes."""
        return self._index

    @property
    def active(self) -> int:
        """The version of new wraps."""
        return int(self._read()["latest_version"])

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that open wraps, oldest first."""
        data = self._read()
        return tuple(range(int(data["min_decryption_version"]), int(data["latest_version"]) + 1))

    def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[Wrapped]:
        """Data keys under the newest version of the transit key. Raises `MastersUnavailable`."""
        sealed = self._encrypt([(key, _bound_to(customer_id)) for customer_id, key in keys])
        return [
            Wrapped(customer_id, version_of(text), text.encode()) for (customer_id, _), text in zip(keys, sealed, strict=True)
        ]

    def unwrap(self, wrapped: Sequence[Wrapped]) -> list[bytes]:
        """The data keys. Raises `KeyUnusable`, `MastersUnavailable`."""
        return self._decrypt([(key.ciphertext.decode("ascii", "replace"), _bound_to(key.customer_id)) for key in wrapped])

    def rotate(self, cipher: CipherName) -> int:
        """A new version of the transit key, whose type Vault keeps; the index key goes under it too."""
        self._ask(lambda: self._client.secrets.transit.rotate_key(self._key, mount_point=self._mount))
        write_over(self._index_file, self._wrapped_index(self._index))
        return self.active

    def retire_before(self, version: int) -> None:
        """Let Vault open nothing any more that is older than `version`."""
        oldest = min(version, self.active)
        self._ask(
            lambda: self._client.secrets.transit.update_key_configuration(
                self._key, min_decryption_version=oldest, mount_point=self._mount
            )
        )

    def _open_index(self) -> bytes:
        self._read()  # says what is wrong with Vault before anything is made
        if not self._index_file.exists():
            with suppress(FileExistsError):  # another process was faster: its key counts
                write_once(self._index_file, self._wrapped_index(secrets.token_bytes(KEY_BYTES)))
        try:
            content = json.loads(self._index_file.read_text(encoding="utf-8"))
            return self._decrypt([(content[_INDEX], _INDEX)])[0]
        except (OSError, ValueError, KeyError, TypeError, KeyUnusable):
            raise KeysetUnreadable(f"the file at {self._index_file} holds no index key that this Vault opens") from None

    def _wrapped_index(self, key: bytes) -> bytes:
        return json.dumps({_INDEX: self._encrypt([(key, _INDEX)])[0]}).encode()

    def _read(self) -> dict[str, Any]:  # Any: Vault's JSON
        answer = self._ask(lambda: self._client.secrets.transit.read_key(self._key, mount_point=self._mount))
        found: dict[str, Any] = answer["data"]
        return found

    def _encrypt(self, items: Sequence[tuple[bytes, str]]) -> list[str]:
        batch = [{"plaintext": _encoded(plain), "associated_data": _encoded(bound.encode())} for plain, bound in items]
        return [str(result["ciphertext"]) for result in self._in_batches("encrypt_data", batch)]

    def _decrypt(self, items: Sequence[tuple[str, str]]) -> list[bytes]:
        batch = [{"ciphertext": text, "associated_data": _encoded(bound.encode())} for text, bound in items]
        results = self._in_batches("decrypt_data", batch)
        if any("plaintext" not in result for result in results):
            raise KeyUnusable("the wrapped key does not open in Vault")
        return [base64.b64decode(result["plaintext"]) for result in results]

    def _in_batches(self, act: str, batch: list[dict[str, str]]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for start in range(0, len(batch), MOST_AT_ONCE):
            block = batch[start : start + MOST_AT_ONCE]
            call = getattr(self._client.secrets.transit, act)
            answer = self._ask(partial(call, self._key, batch_input=block, mount_point=self._mount))
            found += answer["data"]["batch_results"]
        return found

    def _ask(self, call: Callable[[], T]) -> T:
        """Vault's answer; a refused token is read again from its file once, since agents renew it there."""
        try:
            return call()
        except exceptions.Forbidden:
            self._client.token = _token(self._token_file)
        except exceptions.VaultError as error:
            raise _failure(error) from None
        except requests.RequestException:
            raise MastersUnavailable("Vault does not answer") from None
        try:
            return call()
        except (exceptions.VaultError, requests.RequestException) as error:
            raise _failure(error) from None


def version_of(ciphertext: str) -> int:
    """The version in `vault:v2:…`. Raises `KeyUnusable`."""
    parts = ciphertext.split(":", 2)
    if len(parts) != 3 or parts[0] != "vault" or not parts[1][1:].isdigit():
        raise KeyUnusable("the wrapped key is not Vault's")
    return int(parts[1][1:])


def _failure(error: Exception) -> MastersUnavailable | KeyUnusable:
    """Vault's fault in our words; its own are not repeated, since they may quote what was sent."""
    match error:
        case exceptions.VaultDown():
            return MastersUnavailable("Vault is sealed or in standby")
        case exceptions.Forbidden() | exceptions.Unauthorized():
            return MastersUnavailable("Vault refuses the token")
        case exceptions.InvalidPath():
            return MastersUnavailable("Vault has no such transit key")
        case exceptions.InvalidRequest():
            return KeyUnusable("the wrapped key does not open in Vault")
        case _:
            return MastersUnavailable("Vault does not answer as it should")


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise KeysetUnreadable(f"there is no Vault token to read at {path}") from None


def _bound_to(customer_id: UUID) -> str:
    return f"data_key|{customer_id}"


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
