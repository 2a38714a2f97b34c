"""What customers are owed by the package of their tier."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entitlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("package_version", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tier IN ('vip', 'potential', 'ordinary')", name=op.f("ck_entitlement_tier")),
        sa.CheckConstraint("state IN ('due', 'given', 'missed', 'ended')", name=op.f("ck_entitlement_state")),
        sa.CheckConstraint("period_from < period_to", name=op.f("ck_entitlement_period")),
        sa.CheckConstraint(
            "(state = 'given') = (given_at IS NOT NULL AND given_by IS NOT NULL AND reference IS NOT NULL)",
            name=op.f("ck_entitlement_given"),
        ),
        sa.CheckConstraint("(state IN ('missed', 'ended')) = (closed_at IS NOT NULL)", name=op.f("ck_entitlement_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
    )
    op.create_index(
        "uq_entitlement_period",
        "entitlement",
        ["customer_id", "service", "period_from"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    # settling at night and on leaving a tier looks at what is due alone
    op.create_index("ix_entitlement_due", "entitlement", ["customer_id"], postgresql_where=sa.text("state = 'due'"))
    op.execute(
        """
        CREATE FUNCTION entitlement_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'an entitlement that is given, missed or ended stays so' USING ERRCODE = 'check_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER settled_stays BEFORE UPDATE ON entitlement FOR EACH ROW WHEN (OLD.state <> 'due')
        EXECUTE FUNCTION entitlement_is_final()
        """
    )


def downgrade() -> None:
    op.drop_table("entitlement")
    op.execute("DROP FUNCTION entitlement_is_final()")
