"""The chassis' own tables, the same in every service's database."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names are derived, so that migrations can name them."""


def new_metadata() -> sa.MetaData:
    """Metadata of one service, with the chassis' tables in it.

    In models.py: `class Base(SQLModel, registry=registry(metadata=new_metadata())): ...`
    """
    metadata = sa.MetaData(naming_convention=NAMING)
    _event_tables(metadata)
    _work_tables(metadata)
    return metadata


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    default = None if nullable else sa.func.now()
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _event_tables(metadata: sa.MetaData) -> None:
    outbox = sa.Table(
        "outbox",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("traceparent", sa.Text),
        _moment("created_at"),
        _moment("sent_at", nullable=True),
    )
    sa.Index("ix_outbox_unsent", outbox.c.seq, postgresql_where=outbox.c.sent_at.is_(None))
    sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", sa.Uuid, primary_key=True),
        _moment("received_at"),
    )
    sa.Table(
        "aggregate_version",
        metadata,
        sa.Column("type", sa.Text, primary_key=True),
        sa.Column("aggregate", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    sa.Table(
        "parked",
        metadata,
        sa.Column("type", sa.Text, primary_key=True),
        sa.Column("aggregate", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        _moment("parked_at"),
    )
    sa.Table(
        "broker",
        metadata,
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("created", sa.Text, nullable=False),
    )


def _work_tables(metadata: sa.MetaData) -> None:
    sa.Table(
        "dead_letter",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="dead"),
        _moment("failed_at"),
        sa.CheckConstraint("state IN ('dead', 'replay', 'drop', 'replayed', 'dropped')", name="state"),
    )
    timer = sa.Table(
        "timer",
        metadata,
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", pg.JSONB, nullable=False, server_default="{}"),
        sa.Column("state", sa.Text, nullable=False, server_default="due"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text),
        _moment("fired_at", nullable=True),
        sa.CheckConstraint("state IN ('due', 'fired', 'cancelled', 'dead')", name="state"),
    )
    sa.Index("ix_timer_due", timer.c.due_at, postgresql_where=timer.c.state == "due")
    sa.Table(
        "idempotency",
        metadata,
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _moment("created_at"),
    )
