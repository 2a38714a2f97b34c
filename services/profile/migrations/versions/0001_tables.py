"""The profile service's tables."""

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
        "assignment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "staff_no", name=op.f("pk_assignment")),
    )
    op.create_index("ix_assignment_customer_id", "assignment", ["customer_id", "until"], unique=False)
    op.create_table(
        "balance",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_balance")),
    )
    op.create_table(
        "behaviour",
        sa.Column("event_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_no", name=op.f("pk_behaviour")),
    )
    op.create_index("ix_behaviour_customer_id_at", "behaviour", ["customer_id", "at"], unique=False)
    op.create_table(
        "broker",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_broker")),
    )
    op.create_table(
        "closed_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_closed_case")),
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
        "feed",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed")),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_no", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("household_no", name=op.f("uq_household_household_no")),
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
        "load",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_load")),
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
        "product",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("risk_level", sa.Text(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.CheckConstraint(
            "class IN ('demand', 'term', 'wealth', 'fund', 'private_fund', 'insurance', 'mortgage', 'consumer_loan', 'business_loan', 'credit_card')",
            name=op.f("ck_product_class"),
        ),
        sa.CheckConstraint("risk_level IN ('R1', 'R2', 'R3', 'R4', 'R5')", name=op.f("ck_product_risk_level")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_product")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("signals", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
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
        "transaction",
        sa.Column("transaction_no", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mcc", sa.Text(), nullable=True),
        sa.Column("counterparty_index", sa.LargeBinary(), nullable=True),
        sa.Column("product_code", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('credit', 'debit')", name=op.f("ck_transaction_direction")),
        sa.CheckConstraint(
            "kind IN ('salary', 'pension', 'interest', 'fee', 'transfer', 'card', 'cash', 'purchase', 'redemption', 'loan_payment', 'bill', 'insurance_premium', 'other')",
            name=op.f("ck_transaction_kind"),
        ),
        sa.CheckConstraint("fen > 0", name=op.f("ck_transaction_fen")),
        sa.PrimaryKeyConstraint("transaction_no", name=op.f("pk_transaction")),
    )
    op.create_index("ix_transaction_account_id_day", "transaction", ["account_id", "day"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_digest", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("adviser_no", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("employer_no", sa.Text(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("referral_code", sa.Text(), nullable=True),
        sa.Column("changes", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("id_type = 'none' OR id_number_sealed IS NOT NULL", name=op.f("ck_customer_identified")),
        sa.CheckConstraint(
            "id_type IN ('resident_id', 'passport', 'hk_macau_permit', 'taiwan_permit', 'none')", name=op.f("ck_customer_id_type")
        ),
        sa.CheckConstraint(
            "occupation IN ('student', 'employee', 'executive', 'self_employed', 'farmer', 'public', 'retired', 'none')",
            name=op.f("ck_customer_occupation"),
        ),
        sa.CheckConstraint("sex IN ('f', 'm')", name=op.f("ck_customer_sex")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_customer_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("customer_no", name=op.f("uq_customer_customer_no")),
    )
    op.create_index(
        "ix_customer_adviser_no",
        "customer",
        ["adviser_no", "id"],
        unique=False,
        postgresql_where=sa.text("adviser_no IS NOT NULL"),
    )
    op.create_index("ix_customer_branch", "customer", ["branch", "id"], unique=False)
    op.create_index(
        "ix_customer_household_id",
        "customer",
        ["household_id"],
        unique=False,
        postgresql_where=sa.text("household_id IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_phone_index", "customer", ["phone_index"], unique=False, postgresql_where=sa.text("phone_index IS NOT NULL")
    )
    op.create_index(
        "uq_customer_id_number_index",
        "customer",
        ["id_number_index"],
        unique=True,
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("account_index", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("card_no_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("card_index", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name=op.f("ck_account_closed_on")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_account_customer_id")),
        sa.ForeignKeyConstraint(["product_code"], ["product.code"], name=op.f("fk_account_product_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("account_no", name=op.f("uq_account_account_no")),
    )
    op.create_index("ix_account_account_index", "account", ["account_index"], unique=False)
    op.create_index(
        "ix_account_card_index", "account", ["card_index"], unique=False, postgresql_where=sa.text("card_index IS NOT NULL")
    )
    op.create_index("ix_account_customer_id", "account", ["customer_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('C1', 'C2', 'C3', 'C4', 'C5')", name=op.f("ck_assessment_level")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_assessment_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "assessed_on", name=op.f("pk_assessment")),
    )
    op.create_table(
        "consent",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "version", name=op.f("pk_consent")),
    )
    op.create_table(
        "data_key",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_data_key_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "version", name=op.f("pk_data_key")),
    )
    op.create_table(
        "fact",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_fact_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "fact", "value", name=op.f("pk_fact")),
    )
    op.create_table(
        "measures",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("assets_30", sa.BigInteger(), nullable=False),
        sa.Column("assets_90", sa.BigInteger(), nullable=False),
        sa.Column("assets_180", sa.BigInteger(), nullable=False),
        sa.Column("growth_180_bp", sa.BigInteger(), nullable=True),
        sa.Column("contribution_fen", sa.BigInteger(), nullable=False),
        sa.Column("dealings_90", sa.Integer(), nullable=False),
        sa.Column("logins_90", sa.Integer(), nullable=False),
        sa.Column("channels_90", sa.Integer(), nullable=False),
        sa.Column("payroll", sa.Boolean(), nullable=False),
        sa.Column("products", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("life_stage", sa.Text(), nullable=False),
        sa.Column("relation_stage", sa.Text(), nullable=False),
        sa.Column("history_days", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "life_stage IN ('child', 'student', 'starting_out', 'family', 'building_up', 'retired')",
            name=op.f("ck_measures_life_stage"),
        ),
        sa.CheckConstraint("need IN ('investing', 'borrowing', 'protecting', 'settling')", name=op.f("ck_measures_need")),
        sa.CheckConstraint(
            "relation_stage IN ('new', 'growing', 'mature', 'dormant', 'leaving')", name=op.f("ck_measures_relation_stage")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_measures_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "as_of", name=op.f("pk_measures")),
    )
    op.create_index(
        "ix_measures_customer_id_version", "measures", ["customer_id", sa.literal_column("version DESC NULLS LAST")], unique=False
    )
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("confidence_bp", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "kind IN ('mortgage_bundle', 'education_fund', 'payroll', 'executive', 'has_children', 'older_customer', 'complex_need', 'large_outflow', 'high_risk_streak', 'university_entry', 'business_anniversary', 'account_anniversary', 'birthday')",
            name=op.f("ck_signal_kind"),
        ),
        sa.CheckConstraint("confidence_bp BETWEEN 0 AND 10000", name=op.f("ck_signal_confidence_bp")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_signal_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
        sa.UniqueConstraint("customer_id", "kind", "subject", "as_of", name=op.f("uq_signal_customer_id_kind_subject_as_of")),
    )
    op.create_index("ix_signal_as_of", "signal", ["as_of", "kind"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_signal_as_of", table_name="signal")
    op.drop_table("signal")
    op.drop_index("ix_measures_customer_id_version", table_name="measures")
    op.drop_table("measures")
    op.drop_table("fact")
    op.drop_table("data_key")
    op.drop_table("consent")
    op.drop_table("assessment")
    op.drop_index("ix_account_customer_id", table_name="account")
    op.drop_index("ix_account_card_index", table_name="account", postgresql_where=sa.text("card_index IS NOT NULL"))
    op.drop_index("ix_account_account_index", table_name="account")
    op.drop_table("account")
    op.drop_index("uq_customer_id_number_index", table_name="customer", postgresql_where=sa.text("id_number_index IS NOT NULL"))
    op.drop_index("ix_customer_phone_index", table_name="customer", postgresql_where=sa.text("phone_index IS NOT NULL"))
    op.drop_index("ix_customer_household_id", table_name="customer", postgresql_where=sa.text("household_id IS NOT NULL"))
    op.drop_index("ix_customer_branch", table_name="customer")
    op.drop_index("ix_customer_adviser_no", table_name="customer", postgresql_where=sa.text("adviser_no IS NOT NULL"))
    op.drop_table("customer")
    op.drop_index("ix_transaction_account_id_day", table_name="transaction")
    op.drop_table("transaction")
    op.drop_index("ix_timer_due", table_name="timer", postgresql_where=sa.text("state = 'due'"))
    op.drop_table("timer")
    op.drop_table("run")
    op.drop_table("product")
    op.drop_table("parked")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("load")
    op.drop_table("inbox")
    op.drop_table("idempotency")
    op.drop_table("household")
    op.drop_table("feed")
    op.drop_table("dead_letter")
    op.drop_table("closed_case")
    op.drop_table("broker")
    op.drop_index("ix_behaviour_customer_id_at", table_name="behaviour")
    op.drop_table("behaviour")
    op.drop_table("balance")
    op.drop_index("ix_assignment_customer_id", table_name="assignment")
    op.drop_table("assignment")
    op.drop_table("aggregate_version")
