"""The sales gate and the policy documents of this service. What was published, answered or assessed stays as it was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "gate_customer",
    "legal_capacity",
    "needs_analysis",
    "policy_document",
    "product_rating",
    "qualified_investor",
    "risk_assessment",
    "sale_evidence",
    "seller_qualification",
    "suitability_check",
)

PUBLISHED_IS_FINAL = """
CREATE FUNCTION published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION '% % is published: % refused', OLD.kind, OLD.version, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'published_is_final';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""

APPEND_ONLY = (
    "suitability_check",
    "sale_evidence",
    "product_rating",
    "legal_capacity",
    "seller_qualification",
    "qualified_investor",
    "needs_analysis",
)

ANSWERED = (
    "customer_id, questionnaire_version, answers, score, level, previous_level, filled_by, assessed_on, assessed_at, valid_until"
)
"""What of an assessment is never changed; its confirmation and its end are noted later."""


def upgrade() -> None:
    _create_tables()
    op.execute(PUBLISHED_IS_FINAL)
    op.execute(
        "CREATE TRIGGER published_is_final BEFORE UPDATE OR DELETE ON policy_document"
        " FOR EACH ROW EXECUTE FUNCTION published_is_final()"
    )
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE OR DELETE OR TRUNCATE")
    _refuse("risk_assessment", f"UPDATE OF {ANSWERED} OR DELETE OR TRUNCATE")


def _refuse(table: str, event: str) -> None:
    op.execute(f"CREATE TRIGGER append_only BEFORE {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION published_is_final()")


def _create_tables() -> None:
    op.create_table(
        "gate_customer",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("adviser_no", sa.Text(), nullable=True),
        sa.Column("assets_fen", sa.BigInteger(), nullable=True),
        sa.Column("assets_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_gate_customer")),
    )
    op.create_table(
        "legal_capacity",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity IN ('full', 'limited', 'none')", name=op.f("ck_legal_capacity_capacity")),
        sa.PrimaryKeyConstraint("customer_id", "version", name=op.f("pk_legal_capacity")),
    )
    op.create_table(
        "needs_analysis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("needs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("family_income_fen", sa.BigInteger(), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_analysis")),
    )
    op.create_index("ix_needs_analysis_customer_id_made_at", "needs_analysis", ["customer_id", "made_at"], unique=False)
    op.create_table(
        "policy_document",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'published') = (approved_by IS NOT NULL AND approved_at IS NOT NULL)",
            name=op.f("ck_policy_document_approved"),
        ),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_policy_document_status")),
        sa.CheckConstraint("approved_by <> drafted_by", name=op.f("ck_policy_document_two_persons")),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_policy_document")),
    )
    op.create_index(
        "ix_policy_document_in_force",
        "policy_document",
        ["kind", "effective_from", "version"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "product_rating",
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_class", sa.Text(), nullable=False),
        sa.Column("issuer_level", sa.Text(), nullable=True),
        sa.Column("seller_level", sa.Text(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("covers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("rated_by", sa.Text(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("issuer_level IN ('R1', 'R2', 'R3', 'R4', 'R5')", name=op.f("ck_product_rating_issuer_level")),
        sa.CheckConstraint(
            "product_class IN ('demand', 'term', 'wealth', 'fund', 'private_fund', 'insurance', 'mortgage', 'consumer_loan', 'business_loan', 'credit_card')",
            name=op.f("ck_product_rating_product_class"),
        ),
        sa.CheckConstraint("seller_level IN ('R1', 'R2', 'R3', 'R4', 'R5')", name=op.f("ck_product_rating_seller_level")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_product_rating_version")),
        sa.PrimaryKeyConstraint("product_code", "version", name=op.f("pk_product_rating")),
    )
    op.create_table(
        "qualified_investor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualified_investor")),
    )
    op.create_index("ix_qualified_investor_customer_id", "qualified_investor", ["customer_id", "valid_until"], unique=False)
    op.create_table(
        "risk_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("previous_level", sa.Text(), nullable=True),
        sa.Column("income_fen", sa.BigInteger(), nullable=True),
        sa.Column("assets_fen", sa.BigInteger(), nullable=True),
        sa.Column("filled_by", sa.Text(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("level IN ('C1', 'C2', 'C3', 'C4', 'C5')", name=op.f("ck_risk_assessment_level")),
        sa.CheckConstraint("previous_level IN ('C1', 'C2', 'C3', 'C4', 'C5')", name=op.f("ck_risk_assessment_previous_level")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (number IS NULL)", name=op.f("ck_risk_assessment_confirmed")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name=op.f("ck_risk_assessment_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_assessment")),
        sa.UniqueConstraint("customer_id", "number", name=op.f("uq_risk_assessment_customer_id_number")),
    )
    op.create_index("ix_risk_assessment_customer_id_assessed_at", "risk_assessment", ["customer_id", "assessed_at"], unique=False)
    op.create_table(
        "sale_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_evidence")),
    )
    op.create_index("ix_sale_evidence_sale", "sale_evidence", ["customer_id", "sale_no"], unique=False)
    op.create_table(
        "seller_qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_no", sa.Text(), nullable=False),
        sa.Column("product_class", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "product_class IN ('demand', 'term', 'wealth', 'fund', 'private_fund', 'insurance', 'mortgage', 'consumer_loan', 'business_loan', 'credit_card')",
            name=op.f("ck_seller_qualification_product_class"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_qualification")),
    )
    op.create_index(
        "ix_seller_qualification_staff_no", "seller_qualification", ["staff_no", "product_class", "valid_until"], unique=False
    )
    op.create_table(
        "suitability_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("sale_no", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("logic_version", sa.Integer(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('allow', 'needs', 'deny')", name=op.f("ck_suitability_check_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suitability_check")),
    )
    op.create_index("ix_suitability_check_customer_id", "suitability_check", ["customer_id", "checked_at"], unique=False)
    op.create_index(
        "ix_suitability_check_product_code",
        "suitability_check",
        ["product_code"],
        unique=False,
        postgresql_where=sa.text("outcome = 'allow'"),
    )
