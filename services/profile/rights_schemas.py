"""HTTP shapes of people's rights: consents, reveals, erasure, duplicates; and of keys."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import Channel, ConsentPurpose, Purpose
from services.profile.schemas import Code


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ConsentIn(_In):
    """A customer's word on a purpose; `channel` null means all channels."""

    purpose: ConsentPurpose
    channel: Channel | None = None
    granted: bool
    source: Literal["app", "branch_form", "phone_recording", "wecom", "video_recording"] | None = Field(
        default=None, description="Where the word came from; the app for customers. Staff name it with every consent."
    )
    evidence: Code | None = Field(
        default=None, description="The form's number or the recording's id. A consent needs it unless it came by the app."
    )
    separate: bool = Field(
        default=False, description="The customer was asked for this alone (PIPL art. 23 for sharing, art. 29 for sensitive data)."
    )


class ConsentOut(BaseModel):
    """What holds now for a purpose and channel; a channel without a word of its own follows the word on all (null)."""

    purpose: ConsentPurpose
    channel: Channel | None
    granted: bool
    at: datetime
    source: str = Field(description="Where the word came from; merge, legal_hold and erasure are stops that the bank added.")
    evidence: str | None
    separate: bool


class ConsentsOut(BaseModel):
    """All that holds."""

    items: list[ConsentOut]


class SpokenOut(ConsentOut):
    """A word of the past."""

    customer_id: UUID = Field(description="The record under which it was spoken; another one's after a merge.")


class RevealIn(_In):
    """Which fields are to be seen whole, for what, and the ticket that asks for it."""

    fields: list[Literal["name", "id_number", "phone", "email", "address", "cards"]] = Field(min_length=1, max_length=6)
    purpose: Purpose
    ticket: Code


class RevealGrantOut(BaseModel):
    """A grant: open it once, before `until`."""

    reveal_id: UUID
    until: datetime


class RevealedOut(BaseModel):
    """The values, this once. A field that was not asked for, or that the customer does not have, is null."""

    name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    cards: list[str] | None = None


class ErasureOut(BaseModel):
    """The customer is forgotten."""

    customer_id: UUID
    forgotten_at: datetime


class HoldOut(BaseModel):
    """Whether the record is kept by the law only, and from which day on it may be erased."""

    restricted_until: date | None


class DuplicateOut(BaseModel):
    """Two records that may be one person."""

    duplicate_id: UUID
    first_id: UUID = Field(description="The record that was registered first.")
    second_id: UUID
    cause: Literal["identity_number", "phone_and_birth_date"]
    state: Literal["open", "merged", "dismissed"]
    reason: str | None
    found_at: datetime
    decided_at: datetime | None


class SearchedOut(BaseModel):
    """What a search for duplicates found."""

    proposed: int


class AcceptanceIn(_In):
    """Which of the two records goes on."""

    surviving_id: UUID


class DismissalIn(_In):
    """Why the two are two persons."""

    reason: Literal["relatives", "shared_phone", "other_person", "data_error"]


class RotationIn(_In):
    """`data` also seals every identity field anew under new data keys, with the cipher that is set now."""

    data: bool = False


class RotationOut(BaseModel):
    """A rotation and how far it is."""

    rotation_id: UUID
    master_version: int
    data: bool
    state: Literal["running", "done"]
    customers: int = Field(description="Customers whose keys were taken over.")
    started_at: datetime
    finished_at: datetime | None


class MasterOut(BaseModel):
    """A version of the master key."""

    version: int
    active: bool
    data_keys: int = Field(description="Customers' keys that only this version opens.")


class KeysOut(BaseModel):
    """The versions of the master key, and the last rotation."""

    masters: list[MasterOut]
    rotation: RotationOut | None
