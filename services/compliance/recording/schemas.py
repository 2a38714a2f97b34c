"""HTTP shapes of recordings. Times are aware UTC; places in a recording are milliseconds from its start."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import ProductClass
from services.compliance.recording.documents import Wording
from services.compliance.recording.rules import RecordingState
from services.compliance.recording.rules.retention import NoticeKind
from services.compliance.recording.rules.states import StepKind

_LONGEST_MS = 24 * 3_600_000

SaleNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["S-2026-000123"])]
ProductCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$", examples=["WM-0042"])]
StaffNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:_-]{0,39}$", examples=["A100"])]
Milliseconds = Annotated[int, Field(ge=0, le=_LONGEST_MS)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, in hexadecimal.")]
StorageRef = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*$",
        max_length=200,
        examples=["vault-2/2026/11/0195a1.mp4"],
        description="Where the file lies, as its storage names it: no address, no query, no credentials.",
    ),
]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordingIn(_In):
    """The sale that is to be recorded."""

    sale_no: SaleNo
    product_code: ProductCode
    product_class: ProductClass
    seller: StaffNo
    term_months: int | None = Field(default=None, ge=1, le=1_200, description="Term of an insurance contract, if known.")


class ConsentIn(_In):
    """Whether the customer agrees to be recorded."""

    agreed: bool


class CheckpointIn(_In):
    """The script's next checkpoint."""

    code: Reason
    offset_ms: Milliseconds
    affirmed: bool = Field(default=False, description="The customer said that they understand (明白).")


class EndIn(_In):
    """The finished file."""

    sha256: Sha256
    storage_ref: StorageRef
    duration_ms: Milliseconds


class AbandonIn(_In):
    """Why the recording cannot be used."""

    reason: Reason


class QualityIn(_In):
    """The verdict of the second person. Reasons only where it fails."""

    passed: bool
    reasons: list[Reason] = Field(default_factory=list, max_length=20)


class DigestIn(_In):
    """The digest of a file that somebody holds."""

    sha256: Sha256


class ContractEndIn(_In):
    """The day on which the contract ended, or on which it was clear that there would be none."""

    day: date
    concluded: bool = True


class DisputeIn(_In):
    """A complaint or lawsuit about the sale, by its number elsewhere."""

    reference: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")]
    day: date
    closed: bool = False


class StepOut(BaseModel):
    """One step that was taken."""

    kind: StepKind
    at: datetime
    actor: str
    codes: list[str]
    offset_ms: int | None
    affirmed: bool


class CheckpointOut(BaseModel):
    """A checkpoint of the script: what is said, and by which clause."""

    code: str
    clause: str
    text: Wording
    affirmation: bool


class RecordingOut(BaseModel):
    """How a recording stands. `next` is the checkpoint that comes next while it runs."""

    recording_id: UUID
    customer_id: UUID
    sale_no: str
    attempt: int
    product_code: str
    product_class: ProductClass
    seller: str
    state: RecordingState
    locks_sale: bool
    script_version: int
    opened_at: datetime
    completed_at: datetime | None
    reached: list[str]
    reasons: list[str]
    sha256: str | None
    storage_ref: str | None
    duration_ms: int | None


class RecordingDetail(RecordingOut):
    """A recording with its steps and its script."""

    next: str | None
    steps: list[StepOut]
    script: list[CheckpointOut]


class RecordingsOut(BaseModel):
    """The latest recordings of a customer, newest first; 50 at most."""

    items: list[RecordingOut]


class VerificationOut(BaseModel):
    """Whether the file is the one that was recorded."""

    matches: bool


class KeepReason(BaseModel):
    """One reason to keep; `until` null: its end is not known yet."""

    code: str
    clause: str
    until: date | None


class RetentionOut(BaseModel):
    """Until when a recording is kept, the last day included; null: further reports decide. The deciding reason stands first."""

    retain_until: date | None
    reasons: list[KeepReason]


class DeletedOut(BaseModel):
    """A recording that is gone. The storage is to delete the file behind `storage_ref` now."""

    storage_ref: str | None
    kept_until: date | None


NOTICES = {True: NoticeKind.CONTRACT_ENDED, False: NoticeKind.NOT_CONCLUDED}
"""What a contract's end is called, by whether there was a contract."""
