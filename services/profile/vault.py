"""Personal data at rest: everything that has to be known to seal a customer's identity, to compare it and to find it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.profile.ciphers import CipherName
from services.profile.masters import Wrapped, Wrapping
from services.profile.rules.documents import person_number
from services.profile.sealing import Blinder, Sealer, new_data_key

DATA_KEY_VERSION = 1


@dataclass(frozen=True)
class Identity:
    """What names a person, normalised: id number in upper case, phone in E.164. Never printed."""

    id_type: str
    name: str
    id_number: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None

    def __repr__(self) -> str:
        return "Identity(…)"


@dataclass(frozen=True)
class SealedIdentity:
    """The identity as it is stored: ciphertexts, keyed hashes for search, and a keyed hash of all to see a change."""

    name_sealed: bytes
    id_number_sealed: bytes | None
    id_number_index: bytes | None
    person_index: bytes | None
    phone_sealed: bytes | None
    phone_index: bytes | None
    email_sealed: bytes | None
    address_sealed: bytes | None
    identity_digest: bytes


@dataclass(frozen=True)
class WrappedKey:
    """A customer's data key as it is stored."""

    version: int
    master_version: int
    wrapped: bytes


class Vault:
    """The master keys and the cipher in use. One for each process; holds no personal data itself."""

    def __init__(self, masters: Wrapping, cipher: CipherName = CipherName.AES_256_GCM) -> None:
        self.masters = masters
        self.cipher = cipher
        self.blinder = Blinder(masters)

    def new_keys(self, owners: Sequence[tuple[UUID, int]]) -> list[tuple[WrappedKey, Sealer]]:
        """Fresh data keys for (customer, key version), wrapped in one call, each with its sealer."""
        keys = [new_data_key() for _ in owners]
        wrapped = self.masters.wrap([(customer_id, key) for (customer_id, _), key in zip(owners, keys, strict=True)])
        return [
            (WrappedKey(version, item.master_version, item.ciphertext), Sealer(key, version=version, cipher=self.cipher))
            for (_, version), key, item in zip(owners, keys, wrapped, strict=True)
        ]

    def new_key(self, customer_id: UUID) -> tuple[WrappedKey, Sealer]:
        """A fresh data key of a new customer, wrapped, and its sealer."""
        return self.new_keys([(customer_id, DATA_KEY_VERSION)])[0]

    def sealers(self, keys: Sequence[tuple[UUID, WrappedKey]]) -> list[Sealer]:
        """The sealers of stored customers, unwrapped in one call. Raises `KeyUnusable`, `MastersUnavailable`."""
        opened = self.masters.unwrap([Wrapped(customer_id, key.master_version, key.wrapped) for customer_id, key in keys])
        return [
            Sealer(data_key, version=key.version, cipher=self.cipher) for data_key, (_, key) in zip(opened, keys, strict=True)
        ]

    def sealer(self, customer_id: UUID, key: WrappedKey) -> Sealer:
        """The sealer of a stored customer. Raises `KeyUnusable`, `MastersUnavailable`."""
        return self.sealers([(customer_id, key)])[0]

    async def sealers_for(self, keys: Sequence[tuple[UUID, WrappedKey]]) -> list[Sealer]:
        """`sealers`, with the loop left free where the master keys are asked over the network."""
        return await asyncio.to_thread(self.sealers, keys) if self.masters.remote else self.sealers(keys)

    async def keys_for(self, owners: Sequence[tuple[UUID, int]]) -> list[tuple[WrappedKey, Sealer]]:
        """`new_keys`, with the loop left free where the master keys are asked over the network."""
        return await asyncio.to_thread(self.new_keys, owners) if self.masters.remote else self.new_keys(owners)

    async def rewrapped(self, keys: Sequence[tuple[UUID, WrappedKey]]) -> list[tuple[UUID, WrappedKey]]:
        """The same data keys under the active master key. Raises `KeyUnusable`, `MastersUnavailable`."""
        return await asyncio.to_thread(self._rewrapped, keys) if self.masters.remote else self._rewrapped(keys)

    def _rewrapped(self, keys: Sequence[tuple[UUID, WrappedKey]]) -> list[tuple[UUID, WrappedKey]]:
        opened = self.masters.unwrap([Wrapped(customer_id, key.master_version, key.wrapped) for customer_id, key in keys])
        wrapped = self.masters.wrap([(customer_id, data_key) for (customer_id, _), data_key in zip(keys, opened, strict=True)])
        return [
            (item.customer_id, WrappedKey(key.version, item.master_version, item.ciphertext))
            for item, (_, key) in zip(wrapped, keys, strict=True)
        ]

    def seal(self, sealer: Sealer, customer_id: UUID, identity: Identity) -> SealedIdentity:
        """All identity columns of a customer's row."""

        def sealed(column: str, text: str | None) -> bytes | None:
            return None if text is None else sealer.seal("customer", column, customer_id, text)

        index = self.id_number_index(identity.id_type, identity.id_number)
        number = None if identity.id_number is None else person_number(identity.id_type, identity.id_number)
        return SealedIdentity(
            name_sealed=sealer.seal("customer", "name", customer_id, identity.name),
            id_number_sealed=sealed("id_number", identity.id_number),
            id_number_index=index,
            person_index=index if number == identity.id_number else self.id_number_index(identity.id_type, number),
            phone_sealed=sealed("phone", identity.phone),
            phone_index=None if identity.phone is None else self.blinder.index("phone", identity.phone),
            email_sealed=sealed("email", identity.email),
            address_sealed=sealed("address", identity.address),
            identity_digest=self.digest(identity),
        )

    def digest(self, identity: Identity) -> bytes:
        """Equal for equal identities; tells whether a record changed without opening it."""
        return self.blinder.digest(
            (identity.id_type, identity.name, identity.id_number, identity.phone, identity.email, identity.address)
        )

    def id_number_index(self, id_type: str, id_number: str | None) -> bytes | None:
        """Of the number as it is written: two records never hold the same one. Two kinds may give the same number."""
        return None if id_number is None else self.blinder.index("id_number", f"{id_type}:{id_number}")

    def person_index(self, id_type: str, id_number: str | None) -> bytes | None:
        """For exact search: the same for all forms of a person's number, 15 and 18 digits, renewed permits."""
        return None if id_number is None else self.id_number_index(id_type, person_number(id_type, id_number))
