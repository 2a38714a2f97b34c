"""What policy documents look like over HTTP."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.pagination import Page


class DocumentIn(BaseModel):
    """A new version of a document."""

    model_config = ConfigDict(extra="forbid")

    effective_from: date = Field(description="First day on which it counts (Asia/Shanghai); today or later.")
    document: dict[str, Any] = Field(description="The whole document, as the version in force shows it.")  # Any: JSON


class DocumentVersionOut(BaseModel):
    """One version of a document."""

    kind: str
    version: int
    status: str
    effective_from: date
    digest: str = Field(description="SHA-256 of the canonical JSON, in hexadecimal.")
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None


class DocumentOut(DocumentVersionOut):
    """One version with the document."""

    document: dict[str, Any]  # Any: JSON


class DocumentsOut(Page[DocumentVersionOut]):
    """The version in force and a page of all versions, latest first."""

    in_force: int | None
