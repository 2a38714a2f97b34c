"""Records know the day for which they were true, products whether their accounts may be overdrawn, loads when they began."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DATED = ("customer", "product", "account", "balance", "transaction", "behaviour", "fact", "assessment")


def upgrade() -> None:
    for table in DATED:
        op.add_column(table, sa.Column("dated", sa.Date(), server_default="1900-01-01", nullable=False))
    op.create_index(
        "ix_customer_forgotten_at", "customer", ["forgotten_at"], postgresql_where=sa.text("forgotten_at IS NOT NULL")
    )
    op.execute("DELETE FROM load")  # batches are cut otherwise from now on
    op.add_column("load", sa.Column("day", sa.Date(), nullable=False))
    op.add_column("product", sa.Column("overdraft", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("product", "overdraft")
    op.drop_column("load", "day")
    op.drop_index("ix_customer_forgotten_at", table_name="customer", postgresql_where=sa.text("forgotten_at IS NOT NULL"))
    for table in reversed(DATED):
        op.drop_column(table, "dated")
