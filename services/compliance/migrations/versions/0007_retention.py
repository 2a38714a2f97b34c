"""Entries of the audit log are kept whole until their time is over; then their bodies may go, and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEEDED = ("service", "act_id", "actor", "roles", "act", "purpose", "outcome", "details", "occurred_at", "canonical")
OPTIONAL = ("customer_id", "rule", "request_id")
STAYS = ("position", "event_id", "recorded_at", "retain_until", "digest")

# now() is the database's clock at the beginning of the transaction; no setting of a session moves it
ONLY_THE_BODY = f"""
CREATE FUNCTION refuse_all_but_pruning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.canonical IS NOT NULL AND OLD.retain_until <= now()
        AND num_nonnulls({", ".join(f"NEW.{column}" for column in (*NEEDED, *OPTIONAL))}) = 0
        AND ({", ".join(f"NEW.{column}" for column in STAYS)})
            IS NOT DISTINCT FROM ({", ".join(f"OLD.{column}" for column in STAYS)}) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$
"""

ONLY_WHOLE = """
CREATE FUNCTION refuse_bodiless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE canonical IS NULL) THEN
        RAISE EXCEPTION 'an entry without its body: INSERT refused'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'only_whole';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    ("append_only", "BEFORE DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT", "refuse_change"),
    (
        "append_only_places",
        f"BEFORE UPDATE OF {', '.join(STAYS)} ON audit_entry FOR EACH STATEMENT",
        "refuse_change",
    ),
    ("append_only_bodies", "BEFORE UPDATE ON audit_entry FOR EACH ROW", "refuse_all_but_pruning"),
    ("only_whole", "AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT", "refuse_bodiless"),
)


def upgrade() -> None:
    op.execute("DROP TRIGGER append_only ON audit_entry")
    op.add_column("audit_entry", sa.Column("retain_until", sa.DateTime(timezone=True), nullable=True))
    # what was recorded before there were classes is kept as long as the longest of them asks for
    op.execute("UPDATE audit_entry SET retain_until = recorded_at + interval '20 years'")
    op.alter_column("audit_entry", "retain_until", nullable=False)
    for column in NEEDED:
        op.alter_column("audit_entry", column, nullable=True)
    op.create_check_constraint(
        "whole_or_pruned",
        "audit_entry",
        f"num_nulls({', '.join(NEEDED)}) = 0 OR num_nonnulls({', '.join((*NEEDED, *OPTIONAL))}) = 0",
    )
    op.create_check_constraint("retained", "audit_entry", "retain_until > recorded_at")
    op.create_index("ix_audit_entry_retention", "audit_entry", ["retain_until"], postgresql_using="brin")
    op.create_index("ix_audit_entry_pruned", "audit_entry", ["position"], postgresql_where=sa.text("canonical IS NULL"))
    op.execute(ONLY_THE_BODY)
    op.execute(ONLY_WHOLE)
    for name, event, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION {function}()")
        op.execute(f"ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    """Refused by the database where bodies have gone: what is not there cannot be required again."""
    for name, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON audit_entry")
    op.execute("DROP FUNCTION refuse_bodiless()")
    op.execute("DROP FUNCTION refuse_all_but_pruning()")
    op.drop_index("ix_audit_entry_pruned", table_name="audit_entry")
    op.drop_index("ix_audit_entry_retention", table_name="audit_entry")
    op.drop_constraint(op.f("ck_audit_entry_retained"), "audit_entry")
    op.drop_constraint(op.f("ck_audit_entry_whole_or_pruned"), "audit_entry")
    for column in NEEDED:
        op.alter_column("audit_entry", column, nullable=False)
    op.drop_column("audit_entry", "retain_until")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER append_only")
