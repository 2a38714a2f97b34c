"""Signal rules with maker and checker, verdicts, touched customers, the load watermark, and the newer measures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPROVED_IS_FINAL = """
CREATE FUNCTION approved_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'signal rule % is approved: % refused', OLD.version, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approved_is_final';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""
MEASURES = {
    "household_30": sa.BigInteger,
    "household_90": sa.BigInteger,
    "household_180": sa.BigInteger,
    "assets_by_class": postgresql.JSONB,
    "dealings_growth_180_bp": sa.BigInteger,
    "data_complete_to": sa.Date,
}


def upgrade() -> None:
    for name, kind in MEASURES.items():
        op.add_column("measures", sa.Column(name, kind(), nullable=True))
    op.drop_constraint("ck_run_state", "run")
    op.create_check_constraint(op.f("ck_run_state"), "run", "state IN ('waiting', 'running', 'done')")
    # what was raised before rules had names was raised by the one of its kind
    op.add_column("signal", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("signal", sa.Column("rule_version", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE signal SET rule = kind")
    op.alter_column("signal", "rule", nullable=False)
    op.alter_column("signal", "rule_version", server_default=None)
    op.create_table(
        "verdict",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('accepted', 'dismissed')", name=op.f("ck_verdict_verdict")),
        sa.ForeignKeyConstraint(["signal_id"], ["signal.id"], name=op.f("fk_verdict_signal_id")),
        sa.PrimaryKeyConstraint("signal_id", name=op.f("pk_verdict")),
    )
    op.create_table(
        "signal_rule",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approved_by <> drafted_by", name=op.f("ck_signal_rule_four_eyes")),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_signal_rule_approval")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_signal_rule")),
    )
    op.create_index(
        "ix_signal_rule_rule",
        "signal_rule",
        ["rule", "effective_from"],
        postgresql_where=sa.text("approved_at IS NOT NULL"),
    )
    op.execute(APPROVED_IS_FINAL)
    op.execute(
        "CREATE TRIGGER approved_is_final BEFORE UPDATE OR DELETE ON signal_rule"
        " FOR EACH ROW EXECUTE FUNCTION approved_is_final()"
    )
    op.create_table(
        "touched",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touched")),
    )
    op.create_table(
        "watermark",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_watermark")),
    )


def downgrade() -> None:
    op.drop_table("watermark")
    op.drop_table("touched")
    op.drop_index("ix_signal_rule_rule", table_name="signal_rule", postgresql_where=sa.text("approved_at IS NOT NULL"))
    op.drop_table("signal_rule")
    op.execute("DROP FUNCTION approved_is_final()")
    op.drop_table("verdict")
    op.drop_column("signal", "rule_version")
    op.drop_column("signal", "rule")
    op.execute("DELETE FROM run WHERE state = 'waiting'")
    op.drop_constraint("ck_run_state", "run")
    op.create_check_constraint(op.f("ck_run_state"), "run", "state IN ('running', 'done')")
    for name in MEASURES:
        op.drop_column("measures", name)
