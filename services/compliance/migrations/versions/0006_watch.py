"""The watch: alerts and their clocks, announcements, locks on sales, freeze requests (H25, H26)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announced_outflow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("up_to_fen", sa.BigInteger(), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("announced_by", sa.Text(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_announced_outflow_days")),
        sa.CheckConstraint("used_fen BETWEEN 0 AND up_to_fen AND up_to_fen > 0", name=op.f("ck_announced_outflow_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announced_outflow")),
    )
    op.create_index("ix_announced_outflow_customer", "announced_outflow", ["customer_id", "last"], unique=False)
    op.create_table(
        "watched_customer",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("adviser_no", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_watched_customer")),
    )
    op.create_table(
        "risk_alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("adviser_no", sa.Text(), nullable=True),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_no", sa.Text(), nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("account_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("transactions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("announcement_id", sa.Uuid(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(outcome IS NOT DISTINCT FROM 'announced') = (announcement_id IS NOT NULL)", name=op.f("ck_risk_alert_announced")
        ),
        sa.CheckConstraint("(owner_kind = 'compliance') = (owner_no IS NULL)", name=op.f("ck_risk_alert_owner_no")),
        sa.CheckConstraint("escalation IN ('overdue', 'unreachable')", name=op.f("ck_risk_alert_escalation")),
        sa.CheckConstraint("kind IN ('large_outflow', 'high_risk_streak')", name=op.f("ck_risk_alert_kind")),
        sa.CheckConstraint(
            "outcome IN ('explained', 'fraud_suspected', 'reassessment_offered', 'unreachable', 'announced')",
            name=op.f("ck_risk_alert_outcome"),
        ),
        sa.CheckConstraint("owner_kind IN ('staff', 'branch', 'compliance')", name=op.f("ck_risk_alert_owner_kind")),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_risk_alert_closed")),
        sa.CheckConstraint("(escalated_at IS NULL) = (escalation IS NULL)", name=op.f("ck_risk_alert_escalated")),
        sa.ForeignKeyConstraint(["announcement_id"], ["announced_outflow.id"], name=op.f("fk_risk_alert_announcement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_alert")),
        sa.UniqueConstraint("signal_id", name=op.f("uq_risk_alert_signal_id")),
    )
    op.create_index("ix_risk_alert_branch", "risk_alert", ["branch", "id"], unique=False)
    op.create_index("ix_risk_alert_customer", "risk_alert", ["customer_id"], unique=False)
    op.create_index("ix_risk_alert_open", "risk_alert", ["due_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_risk_alert_owner", "risk_alert", ["owner_no", "id"], unique=False)
    op.create_table(
        "alert_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('app', 'sms', 'wecom', 'video', 'phone', 'community', 'visit', 'branch')",
            name=op.f("ck_alert_contact_channel"),
        ),
        sa.CheckConstraint(
            "result IN ('reached', 'no_answer', 'wrong_number', 'call_back')", name=op.f("ck_alert_contact_result")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["risk_alert.id"], name=op.f("fk_alert_contact_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_contact")),
    )
    op.create_index("ix_alert_contact_alert", "alert_contact", ["alert_id", "id"], unique=False)
    op.create_table(
        "alert_rung",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step IN ('remind', 'manager', 'escalate')", name=op.f("ck_alert_rung_step")),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_alert_rung_percent")),
        sa.ForeignKeyConstraint(["alert_id"], ["risk_alert.id"], name=op.f("fk_alert_rung_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "percent", name=op.f("pk_alert_rung")),
    )
    op.create_table(
        "freeze_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'delivered', 'failed')", name=op.f("ck_freeze_request_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_freeze_request_attempts")),
        sa.ForeignKeyConstraint(["alert_id"], ["risk_alert.id"], name=op.f("fk_freeze_request_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freeze_request")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_freeze_request_alert_id")),
    )
    op.create_index(
        "ix_freeze_request_queued", "freeze_request", ["next_at"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_table(
        "sale_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["risk_alert.id"], name=op.f("fk_sale_lock_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_lock")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_sale_lock_alert_id")),
    )
    op.create_index(
        "ix_sale_lock_standing", "sale_lock", ["customer_id"], unique=False, postgresql_where=sa.text("lifted_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_sale_lock_standing", table_name="sale_lock", postgresql_where=sa.text("lifted_at IS NULL"))
    op.drop_table("sale_lock")
    op.drop_index("ix_freeze_request_queued", table_name="freeze_request", postgresql_where=sa.text("state = 'queued'"))
    op.drop_table("freeze_request")
    op.drop_table("alert_rung")
    op.drop_index("ix_alert_contact_alert", table_name="alert_contact")
    op.drop_table("alert_contact")
    op.drop_index("ix_risk_alert_owner", table_name="risk_alert")
    op.drop_index("ix_risk_alert_open", table_name="risk_alert", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_risk_alert_customer", table_name="risk_alert")
    op.drop_index("ix_risk_alert_branch", table_name="risk_alert")
    op.drop_table("risk_alert")
    op.drop_table("watched_customer")
    op.drop_index("ix_announced_outflow_customer", table_name="announced_outflow")
    op.drop_table("announced_outflow")
