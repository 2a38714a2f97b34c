"""The audit log is append-only and has no holes, whoever writes: the service, its owner, or a superuser by hand."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$
"""

GROW_LOG = """
CREATE FUNCTION grow_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _added bigint;
    _first bigint;
    _last bigint;
    _size bigint;
BEGIN
    SELECT count(*), min(position), max(position) INTO _added, _first, _last FROM added;
    IF _added = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE audit_size SET entries = entries + _added RETURNING entries - _added INTO _size;
    IF _first IS DISTINCT FROM _size OR _last IS DISTINCT FROM _size + _added - 1 THEN
        RAISE EXCEPTION 'positions % to % do not follow a log of % entries', _first, _last, _size
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'gap_free';
    END IF;
    INSERT INTO audit_count AS c (service, act, outcome, entries, last_at)
    SELECT service, act, outcome, count(*), max(occurred_at) FROM added GROUP BY service, act, outcome
    ON CONFLICT (service, act, outcome) DO UPDATE
    SET entries = c.entries + excluded.entries, last_at = greatest(c.last_at, excluded.last_at);
    RETURN NULL;
END $$
"""

ONLY_WITH_THE_LOG = """
CREATE FUNCTION only_with_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% changes with the log only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'only_with_the_log';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    ("append_only", "audit_entry", "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry", "refuse_change"),
    ("grow_log", "audit_entry", "AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added", "grow_log"),
    ("guard", "audit_size", "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_size", "only_with_the_log"),
    ("guard", "audit_count", "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_count", "only_with_the_log"),
)
FUNCTIONS = ("refuse_change", "grow_log", "only_with_the_log")


def upgrade() -> None:
    op.execute("INSERT INTO audit_size (one, entries) VALUES (true, 0)")
    for function in (REFUSE_CHANGE, GROW_LOG, ONLY_WITH_THE_LOG):
        op.execute(function)
    for name, table, event, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {event} FOR EACH STATEMENT EXECUTE FUNCTION {function}()")
        # also where a session says that it only replicates
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    for name, table, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DELETE FROM audit_size")
