"""Persons behind records, consents with evidence, reveals, duplicates, merges, rotations of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _customers()
    _consents()
    op.create_table(
        "reveal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_reveal_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reveal")),
    )
    op.create_index("ix_reveal_subject", "reveal", ["subject", "granted_at"])
    _duplicates()
    op.create_table(
        "key_rotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_key_rotation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_rotation")),
    )
    op.create_index(
        "uq_key_rotation_running", "key_rotation", ["state"], unique=True, postgresql_where=sa.text("state = 'running'")
    )


def _customers() -> None:
    op.add_column("customer", sa.Column("person_index", sa.LargeBinary(), nullable=True))
    op.add_column("customer", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("customer", sa.Column("restricted_until", sa.Date(), nullable=True))
    op.add_column("customer", sa.Column("forgotten_at", MOMENT, nullable=True))
    op.create_foreign_key(op.f("fk_customer_merged_into"), "customer", "customer", ["merged_into"], ["id"])
    # numbers of residents had 18 digits until now, so the index of the number is the index of the person
    op.execute("UPDATE customer SET person_index = id_number_index")
    present = sa.text("person_index IS NOT NULL")
    op.create_index("ix_customer_person_index", "customer", ["person_index"], postgresql_where=present)
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_customer_merged_into", "customer", ["merged_into"], postgresql_where=merged)


def _consents() -> None:
    op.add_column("consent", sa.Column("source", sa.Text(), server_default="unrecorded", nullable=False))
    op.alter_column("consent", "source", server_default=None)
    op.add_column("consent", sa.Column("evidence", sa.Text(), nullable=True))
    op.add_column("consent", sa.Column("separate", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_check_constraint(
        op.f("ck_consent_source"),
        "consent",
        "source IN ('app', 'branch_form', 'phone_recording', 'wecom', 'video_recording', 'unrecorded', 'merge', 'legal_hold', 'erasure')",
    )


def _duplicates() -> None:
    op.create_table(
        "duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("cause IN ('identity_number', 'phone_and_birth_date')", name=op.f("ck_duplicate_cause")),
        sa.CheckConstraint("state IN ('open', 'merged', 'dismissed')", name=op.f("ck_duplicate_state")),
        sa.CheckConstraint("state <> 'dismissed' OR reason IS NOT NULL", name=op.f("ck_duplicate_reasoned")),
        sa.CheckConstraint(
            "reason IN ('relatives', 'shared_phone', 'other_person', 'data_error')", name=op.f("ck_duplicate_reason")
        ),
        sa.ForeignKeyConstraint(["first_id"], ["customer.id"], name=op.f("fk_duplicate_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["customer.id"], name=op.f("fk_duplicate_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_first_id_second_id")),
    )
    op.create_index("ix_duplicate_state", "duplicate", ["state", "id"])
    op.create_table(
        "merge",
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("surviving_id", sa.Uuid(), nullable=False),
        sa.Column("accounts", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merged_id"], ["customer.id"], name=op.f("fk_merge_merged_id")),
        sa.ForeignKeyConstraint(["surviving_id"], ["customer.id"], name=op.f("fk_merge_surviving_id")),
        sa.PrimaryKeyConstraint("merged_id", name=op.f("pk_merge")),
    )


def downgrade() -> None:
    for table in ("key_rotation", "merge", "duplicate", "reveal"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_consent_source"), "consent")
    for column in ("separate", "evidence", "source"):
        op.drop_column("consent", column)
    for column in ("forgotten_at", "restricted_until", "merged_into", "person_index"):
        op.drop_column("customer", column)
