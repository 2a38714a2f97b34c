"""A published policy is final, and a decision that was taken stays as it was, whoever writes."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PUBLISHED_IS_FINAL = """
CREATE FUNCTION published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION 'policy % is published: % refused', OLD.version, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'published_is_final';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""

DECIDED_STAYS = """
CREATE FUNCTION decided_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'decisions are not changed afterwards'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decided_stays';
END $$
"""


def upgrade() -> None:
    op.execute(PUBLISHED_IS_FINAL)
    op.execute(DECIDED_STAYS)
    op.execute(
        "CREATE TRIGGER published_is_final BEFORE UPDATE OR DELETE ON policy FOR EACH ROW EXECUTE FUNCTION published_is_final()"
    )
    op.execute("CREATE TRIGGER decided_stays BEFORE UPDATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION decided_stays()")


def downgrade() -> None:
    op.execute("DROP TRIGGER decided_stays ON decision")
    op.execute("DROP TRIGGER published_is_final ON policy")
    op.execute("DROP FUNCTION decided_stays()")
    op.execute("DROP FUNCTION published_is_final()")
