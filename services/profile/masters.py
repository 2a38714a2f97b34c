"""Who holds the master keys: what the service asks of a local keyset and of a Vault alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from contracts.values import RuleBroken
from services.profile.ciphers import CipherName


class KeyUnusable(RuleBroken):
    """A wrapped data key does not open: it belongs to another customer, was changed, or its master key is gone."""

    rule = "data-key-unusable"
    fix = "Restore the master keyset that was in use when the customer was stored."


class MastersUnavailable(RuleBroken):
    """The holder of the master keys does not answer, is sealed, or refuses the service's token."""

    rule = "master-keys-unavailable"
    fix = "Try again; if it lasts, let the operators look at the Vault and the service's token."


@dataclass(frozen=True)
class Wrapped:
    """A customer's data key under a version of the master key."""

    customer_id: UUID
    master_version: int
    ciphertext: bytes


class Wrapping(Protocol):
    """Wraps and unwraps data keys, many at once. Calls block; `remote` says that they go over the network."""

    remote: bool

    @property
    def index(self) -> bytes:
        """The key of the blind indexes, 32 bytes; the same for ever, or search would end."""

    def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[Wrapped]:
        """Data keys of customers under the active master key, in their order."""

    def unwrap(self, wrapped: Sequence[Wrapped]) -> list[bytes]:
        """The data keys, in their order. Raises `KeyUnusable`, `MastersUnavailable`."""


class MasterKeys(Wrapping, Protocol):
    """Master keys that a running service can change."""

    @property
    def active(self) -> int:
        """The version of new wraps."""

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that open wraps, oldest first."""

    def rotate(self, cipher: CipherName) -> int:
        """Make a new version and use it from now on; its number. A Vault chooses the cipher itself."""

    def retire_before(self, version: int) -> None:
        """End all versions older than this one: what they wrapped never opens again."""
