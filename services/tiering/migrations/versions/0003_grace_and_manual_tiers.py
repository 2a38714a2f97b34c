"""Grace before a downgrade, tiers given by hand, what a decision rested on, and drafts that end without approval."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIERS = "('vip', 'potential', 'ordinary')"


def upgrade() -> None:
    _standing()
    _decision()
    _policy()
    _manual_tier()


def _standing() -> None:
    op.add_column("standing", sa.Column("automatic", sa.Text(), nullable=True))
    op.add_column("standing", sa.Column("fired", sa.Text(), nullable=True))
    op.add_column("standing", sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("standing", sa.Column("manual_tier", sa.Text(), nullable=True))
    op.add_column("standing", sa.Column("manual_code", sa.Text(), nullable=True))
    op.add_column("standing", sa.Column("manual_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE standing SET automatic = tier, fired = reason")
    op.alter_column("standing", "automatic", nullable=False)
    op.alter_column("standing", "fired", nullable=False)
    op.create_check_constraint(op.f("ck_standing_automatic"), "standing", f"automatic IN {TIERS}")
    op.create_check_constraint(op.f("ck_standing_manual_tier"), "standing", f"manual_tier IN {TIERS}")
    op.create_index("ix_standing_grace", "standing", ["grace_until"], postgresql_where=sa.text("grace_until IS NOT NULL"))


def _decision() -> None:
    op.add_column("decision", sa.Column("automatic", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("fired", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("decision", sa.Column("held", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("held_grace_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("decision", sa.Column("manual_tier", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("manual_code", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("manual_until", sa.DateTime(timezone=True), nullable=True))
    # what was decided stays; only the new columns are filled
    op.execute("ALTER TABLE decision DISABLE TRIGGER decided_stays")
    op.execute("UPDATE decision SET automatic = tier, fired = reason, held = previous")
    op.execute("ALTER TABLE decision ENABLE TRIGGER decided_stays")
    op.alter_column("decision", "automatic", nullable=False)
    op.alter_column("decision", "fired", nullable=False)
    op.create_check_constraint(op.f("ck_decision_automatic"), "decision", f"automatic IN {TIERS}")
    op.create_check_constraint(op.f("ck_decision_held"), "decision", f"held IN {TIERS}")
    op.create_check_constraint(op.f("ck_decision_manual_tier"), "decision", f"manual_tier IN {TIERS}")


def _policy() -> None:
    op.add_column("policy", sa.Column("closed_by", sa.Text(), nullable=True))
    op.add_column("policy", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("policy", sa.Column("closed_because", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_policy_status"), "policy")
    op.create_check_constraint(op.f("ck_policy_status"), "policy", "status IN ('draft', 'published', 'withdrawn', 'rejected')")
    op.create_check_constraint(
        op.f("ck_policy_closed"),
        "policy",
        "(status IN ('withdrawn', 'rejected')) = (closed_by IS NOT NULL AND closed_at IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f("ck_policy_rejected"), "policy", "status <> 'rejected' OR (closed_by <> drafted_by AND closed_because IS NOT NULL)"
    )


def _manual_tier() -> None:
    op.create_table(
        "manual_tier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"tier IN {TIERS}", name=op.f("ck_manual_tier_tier")),
        sa.CheckConstraint("state IN ('requested', 'active', 'rejected', 'ended')", name=op.f("ck_manual_tier_state")),
        sa.CheckConstraint("answered_by <> requested_by", name=op.f("ck_manual_tier_two_persons")),
        sa.CheckConstraint(
            "state NOT IN ('active', 'rejected') OR (answered_by IS NOT NULL AND answered_at IS NOT NULL)",
            name=op.f("ck_manual_tier_answered"),
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_by IS NOT NULL AND ended_at IS NOT NULL)", name=op.f("ck_manual_tier_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_tier")),
    )
    op.create_index(
        "uq_manual_tier_open",
        "manual_tier",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'active')"),
    )
    op.create_index("ix_manual_tier_customer", "manual_tier", ["customer_id", "id"])


def downgrade() -> None:
    op.drop_table("manual_tier")
    op.drop_constraint(op.f("ck_policy_rejected"), "policy")
    op.drop_constraint(op.f("ck_policy_closed"), "policy")
    op.drop_constraint(op.f("ck_policy_status"), "policy")
    op.execute("DELETE FROM policy WHERE status IN ('withdrawn', 'rejected')")
    op.create_check_constraint(op.f("ck_policy_status"), "policy", "status IN ('draft', 'published')")
    for column in ("closed_because", "closed_at", "closed_by"):
        op.drop_column("policy", column)
    for column in ("manual_until", "manual_code", "manual_tier", "held_grace_until", "held", "grace_until", "fired", "automatic"):
        op.drop_column("decision", column)
    op.drop_index("ix_standing_grace", table_name="standing", postgresql_where=sa.text("grace_until IS NOT NULL"))
    for column in ("manual_until", "manual_code", "manual_tier", "grace_until", "fired", "automatic"):
        op.drop_column("standing", column)
