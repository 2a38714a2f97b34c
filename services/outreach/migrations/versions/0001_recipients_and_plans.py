"""recipients, obligations, wishes, contacts, consents, runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aggregate_version",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("type", "aggregate", name=op.f("pk_aggregate_version")),
    )
    op.create_table(
        "broker",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_broker")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="dead", nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('dead', 'replay', 'drop', 'replayed', 'dropped')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_table(
        "idempotency",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    op.create_index("ix_outbox_unsent", "outbox", ["seq"], unique=False, postgresql_where=sa.text("sent_at IS NULL"))
    op.create_table(
        "parked",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("type", "aggregate", "version", name=op.f("pk_parked")),
    )
    op.create_table(
        "plan_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("unplaced", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('nightly', 'requested')", name=op.f("ck_plan_run_cause")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_run")),
    )
    op.create_index(
        "uq_plan_run_open",
        "plan_run",
        [sa.literal_column("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "recipient",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("adviser_no", sa.Text(), nullable=True),
        sa.Column("plan_version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("tier IN ('vip', 'potential', 'ordinary')", name=op.f("ck_recipient_tier")),
        sa.CheckConstraint("plan_version >= 0", name=op.f("ck_recipient_plan_version")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_recipient")),
    )
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('due', 'fired', 'cancelled', 'dead')", name=op.f("ck_timer_state")),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["due_at"], unique=False, postgresql_where=sa.text("state = 'due'"))
    op.create_table(
        "consent",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel = '' OR channel IN ('app', 'sms', 'wecom', 'video', 'phone', 'community', 'visit', 'branch')",
            name=op.f("ck_consent_channel"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["recipient.customer_id"], name=op.f("fk_consent_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "purpose", "channel", name=op.f("pk_consent")),
    )
    op.create_table(
        "obligation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("opens", sa.Date(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("target", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state <> 'planned' OR reason IS NULL", name=op.f("ck_obligation_reason")),
        sa.CheckConstraint("state IN ('open', 'planned', 'met', 'missed', 'withdrawn')", name=op.f("ck_obligation_state")),
        sa.CheckConstraint("tier IN ('vip', 'potential', 'ordinary')", name=op.f("ck_obligation_tier")),
        sa.CheckConstraint("opens <= closes AND target BETWEEN opens AND closes", name=op.f("ck_obligation_days")),
        sa.ForeignKeyConstraint(["customer_id"], ["recipient.customer_id"], name=op.f("fk_obligation_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("customer_id", "kind", "period", name=op.f("uq_obligation_customer_id_kind_period")),
    )
    op.create_index("ix_obligation_open", "obligation", ["reason"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("opens", sa.Date(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("target", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state <> 'planned' OR reason IS NULL", name=op.f("ck_wish_reason")),
        sa.CheckConstraint("state IN ('open', 'planned', 'met', 'missed', 'withdrawn')", name=op.f("ck_wish_state")),
        sa.CheckConstraint("opens <= closes AND target BETWEEN opens AND closes", name=op.f("ck_wish_days")),
        sa.ForeignKeyConstraint(["customer_id"], ["recipient.customer_id"], name=op.f("fk_wish_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
        sa.UniqueConstraint("customer_id", "kind", "period", name=op.f("uq_wish_customer_id_kind_period")),
    )
    op.create_index("ix_wish_open", "wish", ["reason"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("wish_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("channel_reason", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("bypass", sa.Text(), nullable=True),
        sa.Column("bypassed", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(bypass IS NULL) = (bypassed = '{}')", name=op.f("ck_contact_bypass")),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (state = 'withdrawn') = (withdrawn_reason IS NOT NULL)",
            name=op.f("ck_contact_withdrawn"),
        ),
        sa.CheckConstraint("calendar IN ('published', 'unpublished')", name=op.f("ck_contact_calendar")),
        sa.CheckConstraint(
            "channel IN ('app', 'sms', 'wecom', 'video', 'phone', 'community', 'visit', 'branch')",
            name=op.f("ck_contact_channel"),
        ),
        sa.CheckConstraint(
            "channel_reason IN ('first_choice', 'earlier_choice_refused', 'earlier_choice_closed')",
            name=op.f("ck_contact_channel_reason"),
        ),
        sa.CheckConstraint("day = (at AT TIME ZONE 'Asia/Shanghai')::date", name=op.f("ck_contact_day")),
        sa.CheckConstraint(
            "placed_by IN ('on_target', 'deferred', 'brought_forward', 'urgent', 'urgent_late')",
            name=op.f("ck_contact_placed_by"),
        ),
        sa.CheckConstraint("state IN ('planned', 'withdrawn')", name=op.f("ck_contact_state")),
        sa.CheckConstraint("tier IN ('vip', 'potential', 'ordinary')", name=op.f("ck_contact_tier")),
        sa.CheckConstraint("num_nonnulls(obligation_id, wish_id) = 1", name=op.f("ck_contact_origin")),
        sa.ForeignKeyConstraint(["customer_id"], ["recipient.customer_id"], name=op.f("fk_contact_customer_id")),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"], name=op.f("fk_contact_obligation_id")),
        sa.ForeignKeyConstraint(["wish_id"], ["wish.id"], name=op.f("fk_contact_wish_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_day", "contact", ["day"], unique=False, postgresql_where=sa.text("state = 'planned'"))
    op.create_index(
        "uq_contact_moment", "contact", ["customer_id", "at"], unique=True, postgresql_where=sa.text("state = 'planned'")
    )
    op.create_index(
        "uq_contact_obligation", "contact", ["obligation_id"], unique=True, postgresql_where=sa.text("state = 'planned'")
    )
    op.create_index("uq_contact_wish", "contact", ["wish_id"], unique=True, postgresql_where=sa.text("state = 'planned'"))


def downgrade() -> None:
    op.drop_index("uq_contact_wish", table_name="contact", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("uq_contact_obligation", table_name="contact", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("uq_contact_moment", table_name="contact", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("ix_contact_day", table_name="contact", postgresql_where=sa.text("state = 'planned'"))
    op.drop_table("contact")
    op.drop_index("ix_wish_open", table_name="wish", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("wish")
    op.drop_index("ix_obligation_open", table_name="obligation", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("obligation")
    op.drop_table("consent")
    op.drop_index("ix_timer_due", table_name="timer", postgresql_where=sa.text("state = 'due'"))
    op.drop_table("timer")
    op.drop_table("recipient")
    op.drop_index("uq_plan_run_open", table_name="plan_run", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("plan_run")
    op.drop_table("parked")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_table("idempotency")
    op.drop_table("dead_letter")
    op.drop_table("broker")
    op.drop_table("aggregate_version")
