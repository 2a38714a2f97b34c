"""Tables of the audit log; those of other rooms are imported, so that `Base.metadata` knows all.

The triggers that keep the log append-only and without holes are in migration 0001.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from services.compliance.base import Base
from services.compliance.care import models as care
from services.compliance.documents import models as documents
from services.compliance.recording import models as recording
from services.compliance.suitability import models as suitability
from services.compliance.watch import models as watch

__all__ = [
    "AuditCheckpoint",
    "AuditCount",
    "AuditEntry",
    "AuditNode",
    "AuditSize",
    "Base",
    "care",
    "documents",
    "recording",
    "suitability",
    "watch",
]

_OF_A_CUSTOMER = sa.text("customer_id IS NOT NULL")
_REFUSED = sa.text("outcome = 'refused'")
_PRUNED = sa.text("canonical IS NULL")
_NEEDED = ("service", "act_id", "actor", "roles", "act", "purpose", "outcome", "details", "occurred_at", "canonical")
_OPTIONAL = ("customer_id", "rule", "request_id")
_PLACE = ("occurred_at", "position")


class AuditEntry(Base, table=True):
    """One audited act at its place. `position` is the leaf index of RFC 6962: 0, 1, 2, … without holes.

    The columns beside `canonical` are there to search by; what counts are the canonical bytes and their hash. Where
    `retain_until` is past, the body (the bytes and what is searched by) may have been removed: then all of it is None.
    """

    __tablename__: ClassVar[str] = "audit_entry"
    __table_args__ = (
        sa.CheckConstraint("digest = sha256('\\x00'::bytea || canonical)", name="digest"),
        sa.CheckConstraint(
            f"num_nulls({', '.join(_NEEDED)}) = 0 OR num_nonnulls({', '.join((*_NEEDED, *_OPTIONAL))}) = 0",
            name="whole_or_pruned",
        ),
        sa.CheckConstraint("retain_until > recorded_at", name="retained"),
        sa.Index("ix_audit_entry_retention", "retain_until", postgresql_using="brin"),
        sa.Index("ix_audit_entry_pruned", "position", postgresql_where=_PRUNED),
        sa.Index("ix_audit_entry_time", *_PLACE),
        sa.Index("ix_audit_entry_customer", "customer_id", *_PLACE, postgresql_where=_OF_A_CUSTOMER),
        sa.Index("ix_audit_entry_actor", "actor", *_PLACE),
        sa.Index("ix_audit_entry_act", "act", *_PLACE),
        sa.Index("ix_audit_entry_service", "service", *_PLACE),
        sa.Index("ix_audit_entry_refused", *_PLACE, postgresql_where=_REFUSED),
    )

    position: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    event_id: UUID = Field(sa_column=sa.Column(sa.Uuid, nullable=False, unique=True))
    service: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    act_id: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    actor: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    roles: list[str] | None = Field(default=None, sa_column=sa.Column(pg.ARRAY(sa.Text)))
    act: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    customer_id: UUID | None = Field(default=None, sa_column=sa.Column(sa.Uuid))
    purpose: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    outcome: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    rule: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    request_id: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    # Any: the details are the acting service's own codes and numbers
    details: dict[str, Any] | None = Field(default=None, sa_column=sa.Column(pg.JSONB))
    occurred_at: datetime | None = Field(default=None, sa_column=sa.Column(sa.DateTime(timezone=True)))
    recorded_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
    canonical: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary))
    digest: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    retain_until: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


class AuditSize(Base, table=True):
    """One row: how many entries the log has, which is the next position. Whoever appends locks it first.

    Only the log's own insert trigger changes it.
    """

    __tablename__: ClassVar[str] = "audit_size"
    __table_args__ = (sa.CheckConstraint("one", name="one"),)

    one: bool = Field(default=True, sa_column=sa.Column(sa.Boolean, primary_key=True))
    entries: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))


class AuditCount(Base, table=True):
    """Entries by service, act and outcome, kept by the log's insert trigger, so that a summary never counts the log."""

    __tablename__: ClassVar[str] = "audit_count"

    service: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    act: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    outcome: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    entries: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    last_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


class AuditNode(Base, table=True):
    """A node of the tree over the entries that is kept, so that no proof hashes the whole log: every eighth level.

    `level` 8 stands over 256 entries, 16 over 65,536, …; `index` counts the nodes of a level from the left.
    """

    __tablename__: ClassVar[str] = "audit_node"

    level: int = Field(sa_column=sa.Column(sa.SmallInteger, primary_key=True, autoincrement=False))
    index: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    digest: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class AuditCheckpoint(Base, table=True):
    """A signed statement of the log: so many entries, under this root. `note` is the signed note word for word."""

    __tablename__: ClassVar[str] = "audit_checkpoint"

    size: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    key_id: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    root: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    signed_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
    note: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
