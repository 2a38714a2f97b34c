"""Tables about a person's rights and records: consents, reveals, duplicates, merges, and rotations of keys."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from services.profile.models.records import Base, one_of
from services.profile.vocabulary import CONSENT_SOURCES, DISMISSALS, DUPLICATE_CAUSES


class Consent(Base, table=True):
    """Every consent and refusal ever given (PIPL art. 23, 24, 29); the one with the highest version holds.

    `evidence` is a code of the source's own: the number of a form, the id of a recording. `separate` says that the customer was
    asked for this alone.
    """

    __tablename__ = "consent"
    __table_args__ = (one_of("source", CONSENT_SOURCES),)
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    version: int = Field(primary_key=True)
    purpose: str = Field(sa_type=sa.Text)
    channel: str | None = Field(default=None, sa_type=sa.Text)
    granted: bool
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    source: str = Field(sa_type=sa.Text)
    evidence: str | None = Field(default=None, sa_type=sa.Text)
    separate: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class Reveal(Base, table=True):
    """A grant to see identity fields whole, once, until a time. Who, for what, with which ticket; never the values."""

    __tablename__ = "reveal"
    __table_args__ = (sa.Index("ix_reveal_subject", "subject", "granted_at"),)
    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    subject: str = Field(sa_type=sa.Text)
    fields: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    purpose: str = Field(sa_type=sa.Text)
    ticket: str = Field(sa_type=sa.Text)
    granted_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    until: datetime = Field(sa_type=sa.DateTime(timezone=True))
    opened_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


class Duplicate(Base, table=True):
    """Two records that may be one person, and what was decided. `first_id` is the older record."""

    __tablename__ = "duplicate"
    __table_args__ = (
        one_of("cause", DUPLICATE_CAUSES),
        one_of("state", ("open", "merged", "dismissed")),
        sa.CheckConstraint("state <> 'dismissed' OR reason IS NOT NULL", name="reasoned"),
        one_of("reason", DISMISSALS),
        sa.UniqueConstraint("first_id", "second_id"),
        sa.Index("ix_duplicate_state", "state", "id"),
    )
    id: UUID = Field(primary_key=True)
    first_id: UUID = Field(foreign_key="customer.id")
    second_id: UUID = Field(foreign_key="customer.id")
    cause: str = Field(sa_type=sa.Text)
    state: str = Field(sa_type=sa.Text)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    found_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    decided_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    decided_by: str | None = Field(default=None, sa_type=sa.Text)


class Merge(Base, table=True):
    """A record that went into another; `accounts` are those that came from it. Signals, measures and consents stay under it."""

    __tablename__ = "merge"
    merged_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    surviving_id: UUID = Field(foreign_key="customer.id")
    accounts: list[UUID] = Field(sa_type=sa.ARRAY(sa.Uuid))
    merged_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    merged_by: str = Field(sa_type=sa.Text)


class KeyRotation(Base, table=True):
    """All data keys under a new master key, and with `data` all identity fields under new data keys; one block after another."""

    __tablename__ = "key_rotation"
    __table_args__ = (
        one_of("state", ("running", "done")),
        sa.Index("uq_key_rotation_running", "state", unique=True, postgresql_where=sa.text("state = 'running'")),
    )
    id: UUID = Field(primary_key=True)
    master_version: int
    data: bool
    state: str = Field(sa_type=sa.Text)
    customers: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    started_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    finished_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
