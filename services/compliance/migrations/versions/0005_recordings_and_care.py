"""Double recordings and the care for older customers: append-only, and kept as long as the law asks whoever deletes.

How long is read from rows that cannot change: the years promised when the recording was opened, and what was reported since.
The day is the database's own, so that a clock that was moved for a demonstration deletes nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("recording", "recording_step", "recording_notice", "care", "care_step")
DELETED_LATER = ("recording", "recording_step", "recording_notice")

KEPT_UNTIL = """
CREATE FUNCTION recording_kept_until(_recording recording) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN ended IS NULL OR opened > closed THEN NULL
        ELSE greatest(
            (greatest(ended, (_recording.opened_at AT TIME ZONE 'Asia/Shanghai')::date)
                + make_interval(years => _recording.keep_years))::date,
            (last_closed + make_interval(years => _recording.dispute_years))::date
        )
    END
    FROM (
        SELECT max(day) FILTER (WHERE kind IN ('contract_ended', 'not_concluded')) AS ended,
               count(*) FILTER (WHERE kind = 'dispute_opened') AS opened,
               count(*) FILTER (WHERE kind = 'dispute_closed') AS closed,
               max(day) FILTER (WHERE kind = 'dispute_closed') AS last_closed
        FROM recording_notice WHERE recording_id = _recording.recording_id
    ) AS reported
$$
"""

STILL_KEPT = """
CREATE FUNCTION still_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF recording_kept_until(OLD) < (now() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'recording % is kept until %', OLD.recording_id, coalesce(recording_kept_until(OLD)::text, 'further notice')
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'still_kept';
END $$
"""

GOES_WITH_ITS_RECORDING = """
CREATE FUNCTION goes_with_its_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM recording WHERE recording_id = OLD.recording_id) THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
    END IF;
    RETURN OLD;
END $$
"""

FUNCTIONS = ("goes_with_its_recording()", "still_kept()", "recording_kept_until(recording)")


def upgrade() -> None:
    _create_recordings()
    _create_care()
    for function in (KEPT_UNTIL, STILL_KEPT, GOES_WITH_ITS_RECORDING):
        op.execute(function)
    for table in TABLES:
        changes = "UPDATE OR TRUNCATE" if table in DELETED_LATER else "UPDATE OR DELETE OR TRUNCATE"
        _trigger(table, "append_only", changes, "STATEMENT", "refuse_change")
    _trigger("recording", "still_kept", "DELETE", "ROW", "still_kept")
    for table in ("recording_step", "recording_notice"):
        _trigger(table, "goes_with_its_recording", "DELETE", "ROW", "goes_with_its_recording")


def downgrade() -> None:
    for table in ("care_step", "care", "recording_notice", "recording_step"):
        op.drop_table(table)
    op.execute("DROP TRIGGER still_kept ON recording")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("recording")


def _trigger(table: str, name: str, event: str, each: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()")
    # also where a session says that it only replicates
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _create_recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_no", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("product_class", sa.Text(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=True),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.Column("script_version", sa.Integer(), nullable=False),
        sa.Column("keep_years", sa.SmallInteger(), nullable=False),
        sa.Column("dispute_years", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "product_class IN ('demand', 'term', 'wealth', 'fund', 'private_fund', 'insurance', 'mortgage', 'consumer_loan', 'business_loan', 'credit_card')",
            name=op.f("ck_recording_product_class"),
        ),
        sa.CheckConstraint("attempt >= 1 AND keep_years >= 1 AND dispute_years >= 1", name=op.f("ck_recording_counts")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_recording")),
        sa.UniqueConstraint("customer_id", "sale_no", "attempt", name=op.f("uq_recording_customer_id_sale_no_attempt")),
    )
    op.create_table(
        "recording_step",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("affirmed", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("storage_ref", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'ended') = (sha256 IS NOT NULL AND length(sha256) = 32)", name=op.f("ck_recording_step_digest")
        ),
        sa.CheckConstraint(
            "kind IN ('agreed', 'refused', 'started', 'checkpoint', 'ended', 'abandoned', 'passed', 'failed')",
            name=op.f("ck_recording_step_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.recording_id"], name=op.f("fk_recording_step_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", "number", name=op.f("pk_recording_step")),
    )
    op.create_index(
        "ix_recording_step_once",
        "recording_step",
        ["recording_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind <> 'checkpoint'"),
    )
    op.create_table(
        "recording_notice",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind LIKE 'dispute%') = (reference IS NOT NULL)", name=op.f("ck_recording_notice_reference")),
        sa.CheckConstraint(
            "kind IN ('contract_ended', 'not_concluded', 'dispute_opened', 'dispute_closed')",
            name=op.f("ck_recording_notice_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.recording_id"], name=op.f("fk_recording_notice_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", "number", name=op.f("pk_recording_notice")),
        sa.UniqueConstraint("recording_id", "kind", "reference", name=op.f("uq_recording_notice_recording_id_kind_reference")),
    )


def _create_care() -> None:
    op.create_table(
        "care",
        sa.Column("care_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_no", sa.Text(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("risk_level", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=True),
        sa.Column("document_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('branch', 'online')", name=op.f("ck_care_channel")),
        sa.CheckConstraint("risk_level IN ('R1', 'R2', 'R3', 'R4', 'R5')", name=op.f("ck_care_risk_level")),
        sa.PrimaryKeyConstraint("care_id", name=op.f("pk_care")),
        sa.UniqueConstraint("customer_id", "sale_no", name=op.f("uq_care_customer_id_sale_no")),
    )
    op.create_table(
        "care_step",
        sa.Column("care_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("by_customer", sa.Boolean(), nullable=False),
        sa.Column("large_type", sa.Boolean(), nullable=False),
        sa.Column("way", sa.Text(), nullable=True),
        sa.Column("words_length", sa.Integer(), nullable=True),
        sa.Column("words_salt", sa.LargeBinary(), nullable=True),
        sa.Column("words_digest", sa.LargeBinary(), nullable=True),
        sa.Column("recording_id", sa.Uuid(), nullable=True),
        sa.Column("contact_ref", sa.Uuid(), nullable=True),
        sa.Column("cooling_off_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'acknowledged') = (way IS NOT NULL AND cooling_off_until IS NOT NULL)",
            name=op.f("ck_care_step_acknowledged"),
        ),
        sa.CheckConstraint(
            "(way IS NOT DISTINCT FROM 'own_words') = (words_digest IS NOT NULL AND words_salt IS NOT NULL AND words_length > 0)",
            name=op.f("ck_care_step_own_words"),
        ),
        sa.CheckConstraint(
            "by_customer OR kind <> 'acknowledged' OR recording_id IS NOT NULL", name=op.f("ck_care_step_by_customer")
        ),
        sa.CheckConstraint(
            "kind IN ('prompted', 'acknowledged', 'read_back', 'trusted_contact', 'second_person', 'withdrawn')",
            name=op.f("ck_care_step_kind"),
        ),
        sa.CheckConstraint("way IN ('click', 'own_words')", name=op.f("ck_care_step_way")),
        sa.ForeignKeyConstraint(["care_id"], ["care.care_id"], name=op.f("fk_care_step_care_id")),
        sa.PrimaryKeyConstraint("care_id", "number", name=op.f("pk_care_step")),
    )
    op.create_index(
        "ix_care_step_once", "care_step", ["care_id", "kind"], unique=True, postgresql_where=sa.text("kind <> 'prompted'")
    )
