"""Personal data at rest: everything that has to be known to seal a customer's identity, to compare it and to find it."""

from dataclasses import dataclass
from uuid import UUID

from services.profile.keys import Keyset
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
    """The keyset in use. One for each process; holds no personal data itself."""

    def __init__(self, keyset: Keyset) -> None:
        self.keyset = keyset
        self.blinder = Blinder(keyset)

    def new_key(self, customer_id: UUID) -> tuple[WrappedKey, Sealer]:
        """A fresh data key of a new customer, wrapped, and its sealer."""
        data_key = new_data_key()
        master_version, wrapped = self.keyset.wrap(data_key, customer_id)
        return WrappedKey(DATA_KEY_VERSION, master_version, wrapped), Sealer(data_key, version=DATA_KEY_VERSION)

    def sealer(self, customer_id: UUID, key: WrappedKey) -> Sealer:
        """The sealer of a stored customer. Raises `KeyUnusable`."""
        return Sealer(self.keyset.unwrap(key.wrapped, customer_id, key.master_version), version=key.version)

    def seal(self, sealer: Sealer, customer_id: UUID, identity: Identity) -> SealedIdentity:
        """All identity columns of a customer's row."""

        def sealed(column: str, text: str | None) -> bytes | None:
            return None if text is None else sealer.seal("customer", column, customer_id, text)

        return SealedIdentity(
            name_sealed=sealer.seal("customer", "name", customer_id, identity.name),
            id_number_sealed=sealed("id_number", identity.id_number),
            id_number_index=self.id_number_index(identity.id_type, identity.id_number),
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
        """For exact search; the kind of document belongs to it, since two kinds may give the same number."""
        return None if id_number is None else self.blinder.index("id_number", f"{id_type}:{id_number}")
