"""The table of policy documents."""

from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field

from services.compliance.base import Base


class PolicyDocument(Base, table=True):
    """One version of one kind of document, as it was sent. A published version never changes again (migration 0004)."""

    __tablename__: ClassVar[str] = "policy_document"
    __table_args__ = (
        sa.CheckConstraint("status IN ('draft', 'published')", name="status"),
        sa.CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        sa.CheckConstraint("(status = 'published') = (approved_by IS NOT NULL AND approved_at IS NOT NULL)", name="approved"),
        sa.Index(
            "ix_policy_document_in_force",
            "kind",
            "effective_from",
            "version",
            postgresql_where=sa.text("status = 'published'"),
        ),
    )

    kind: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    version: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    status: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    effective_from: date
    # Any: a JSON document, checked by its kind
    document: dict[str, Any] = Field(sa_column=sa.Column(pg.JSONB, nullable=False))
    digest: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    drafted_by: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    drafted_at: datetime = Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))
    approved_by: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    approved_at: datetime | None = Field(default=None, sa_column=sa.Column(sa.DateTime(timezone=True)))
