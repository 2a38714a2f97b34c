"""Customers, codes, campaigns, referrals and the points ledger, beside the tables of the chassis."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'issuer') = (balance IS NULL)", name=op.f("ck_account_issuer_without_balance")),
        sa.CheckConstraint("(kind = 'issuer') = (entries IS NULL)", name=op.f("ck_account_issuer_without_entries")),
        sa.CheckConstraint("currency = 'PTS'", name=op.f("ck_account_points_only")),
        sa.CheckConstraint("kind IN ('issuer', 'customer')", name=op.f("ck_account_kind")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_account_balance_not_negative")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_issuer", "account", ["currency"], unique=True, postgresql_where=sa.text("kind = 'issuer'"))
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
        "campaign_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_campaign_policy")),
    )
    op.create_table(
        "customer",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer")),
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
        "transfer",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency = 'PTS'", name=op.f("ck_transfer_points_only")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("reference", name=op.f("uq_transfer_reference")),
    )
    op.create_table(
        "entry",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("balance_after", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("currency = 'PTS'", name=op.f("ck_entry_points_only")),
        sa.CheckConstraint("(sequence IS NULL) = (balance_after IS NULL)", name=op.f("ck_entry_placed")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_entry_amount")),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_entry_balance_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_entry_account_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.transfer_id"], name=op.f("fk_entry_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", "account_id", name=op.f("pk_entry")),
    )
    op.create_index(
        "uq_entry_account_sequence",
        "entry",
        ["account_id", "sequence"],
        unique=True,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=True),
        sa.Column("referred_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("points_each", sa.BigInteger(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(rule IS NULL) = (transfer_id IS NOT NULL)", name=op.f("ck_referral_rewarded_or_refused")),
        sa.CheckConstraint(
            "num_nulls(points_each, campaign, policy_version) = CASE WHEN transfer_id IS NULL THEN 3 ELSE 0 END",
            name=op.f("ck_referral_reward_complete"),
        ),
        sa.CheckConstraint("transfer_id IS NULL OR referrer_id <> referred_id", name=op.f("ck_referral_two_customers")),
        sa.ForeignKeyConstraint(["policy_version"], ["campaign_policy.version"], name=op.f("fk_referral_policy_version")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.transfer_id"], name=op.f("fk_referral_transfer_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral")),
        sa.UniqueConstraint("referred_id", name=op.f("uq_referral_referred_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_referral_transfer_id")),
    )
    op.create_index(
        "ix_referral_referrer",
        "referral",
        ["referrer_id", "referral_id"],
        unique=False,
        postgresql_where=sa.text("referrer_id IS NOT NULL"),
    )
    op.create_index(
        "ix_referral_rewarded_day",
        "referral",
        ["referrer_id", "day"],
        unique=False,
        postgresql_where=sa.text("transfer_id IS NOT NULL"),
    )
    op.create_table(
        "referral_code",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{12}$'", name=op.f("ck_referral_code_code")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_referral_code_customer_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_referral_code")),
    )
    op.create_index(
        "uq_referral_code_active", "referral_code", ["customer_id"], unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("uq_referral_code_active", table_name="referral_code", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_table("referral_code")
    op.drop_index("ix_referral_rewarded_day", table_name="referral", postgresql_where=sa.text("transfer_id IS NOT NULL"))
    op.drop_index("ix_referral_referrer", table_name="referral", postgresql_where=sa.text("referrer_id IS NOT NULL"))
    op.drop_table("referral")
    op.drop_index("uq_entry_account_sequence", table_name="entry", postgresql_where=sa.text("sequence IS NOT NULL"))
    op.drop_table("entry")
    op.drop_table("transfer")
    op.drop_index("ix_timer_due", table_name="timer", postgresql_where=sa.text("state = 'due'"))
    op.drop_table("timer")
    op.drop_table("parked")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_table("idempotency")
    op.drop_table("dead_letter")
    op.drop_table("customer")
    op.drop_table("campaign_policy")
    op.drop_table("broker")
    op.drop_table("aggregate_version")
    op.drop_index("uq_account_issuer", table_name="account", postgresql_where=sa.text("kind = 'issuer'"))
    op.drop_table("account")
