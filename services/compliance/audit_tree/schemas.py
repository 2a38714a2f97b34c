"""What the tree looks like over HTTP. Hashes are SHA-256 in hex."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.compliance.audit_tree.trust import Trusted
from services.compliance.models import AuditCheckpoint


class CheckpointOut(BaseModel):
    """A signed statement of the log; what counts is `note`, the rest repeats it."""

    size: int = Field(description="Entries that it covers.")
    root: str
    signed_at: datetime
    key_id: str
    note: str = Field(description="The signed note (C2SP tlog-checkpoint), byte for byte.")

    @classmethod
    def of(cls, row: AuditCheckpoint) -> "CheckpointOut":
        """As it is stored."""
        return cls(size=row.size, root=row.root.hex(), signed_at=row.signed_at, key_id=row.key_id, note=row.note)


class InclusionOut(BaseModel):
    """That the entry at `position` is one of the first `size` (RFC 9162, 2.1.3)."""

    position: int
    size: int
    leaf: str = Field(description="The entry's digest.")
    root: str = Field(description="The root of the first `size` entries; believe that of a signed checkpoint only.")
    proof: list[str] = Field(description="Hashes from the bottom up.")


class ConsistencyOut(BaseModel):
    """That the first `first` entries are the beginning of the first `second` (RFC 9162, 2.1.4)."""

    first: int
    second: int
    first_root: str
    second_root: str
    proof: list[str] = Field(description="Hashes from the bottom up.")


class KeyOut(BaseModel):
    """A public key and when it signed; an open side is null."""

    key: str = Field(description="`<name>+<key id>+<base64>` (C2SP signed-note).")
    since: datetime | None
    until: datetime | None


class KeysOut(BaseModel):
    """The line of keys, the newest last."""

    keys: list[KeyOut]
    successions: list[str] = Field(description="Signed notes, each by the old key and the new one: who follows whom, and when.")

    @classmethod
    def of(cls, trusted: Trusted, successions: tuple[str, ...]) -> "KeysOut":
        """All keys of a line."""
        last = len(trusted.periods) - 1
        keys = [
            KeyOut(key=str(one.key), since=one.since if number else None, until=one.until if number < last else None)
            for number, one in enumerate(trusted.periods)
        ]
        return cls(keys=keys, successions=list(successions))


class DifferenceOut(BaseModel):
    """A row that does not say what its canonical bytes say."""

    position: int
    columns: list[str]


class ChecksOut(BaseModel):
    """Rows that were compared with their canonical bytes."""

    checked: int
    pruned: int = Field(description="Of them, without a body, because their retention is over.")
    differing: list[DifferenceOut] = Field(description="The first 100 of them.")
    found: int = Field(description="How many differ.")
    next: int | None = Field(description="Where to go on; null at the end of the log.")
