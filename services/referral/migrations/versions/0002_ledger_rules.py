"""The ledger's own guards: append-only, transfers that sum to zero, balances that equal their entries, one way to post.

Whoever writes is held to them: the service, the tables' owner, or a superuser by hand.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FUNCTIONS = {}

FUNCTIONS["refuse_change"] = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$
"""

FUNCTIONS["guard_account"] = """
CREATE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.account_id, NEW.kind, NEW.currency, NEW.opened_at)
       IS DISTINCT FROM (OLD.account_id, OLD.kind, OLD.currency, OLD.opened_at)
       OR NEW.entries < OLD.entries THEN
        RAISE EXCEPTION 'an account changes by entries only'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_guard';
    END IF;
    RETURN NEW;
END $$
"""

FUNCTIONS["guard_referral_code"] = """
CREATE FUNCTION guard_referral_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.code, NEW.customer_id, NEW.issued_at) IS DISTINCT FROM (OLD.code, OLD.customer_id, OLD.issued_at)
       OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a code can only be withdrawn, once'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'referral_code_guard';
    END IF;
    RETURN NEW;
END $$
"""

# A transfer without entries is refused here, entries that come too late by check_entry.
FUNCTIONS["check_transfer"] = """
CREATE FUNCTION check_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _lines bigint;
    _sum numeric;
BEGIN
    SELECT count(*), sum(amount) INTO _lines, _sum FROM entry
    WHERE transfer_id = NEW.transfer_id AND currency = NEW.currency;
    IF _lines < 2 OR _sum <> 0 THEN
        RAISE EXCEPTION 'transfer % has % entries that sum to %', NEW.transfer_id, _lines, _sum
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transfer_sums_to_zero';
    END IF;
    RETURN NULL;
END $$
"""

FUNCTIONS["check_entry"] = """
CREATE FUNCTION check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _sum numeric;
    _placed boolean;
BEGIN
    SELECT (SELECT sum(e.amount) FROM entry e WHERE e.transfer_id = NEW.transfer_id AND e.currency = NEW.currency),
           CASE a.kind WHEN 'issuer' THEN NEW.sequence IS NULL ELSE coalesce(NEW.sequence BETWEEN 1 AND a.entries, false) END
    INTO _sum, _placed FROM account a WHERE a.account_id = NEW.account_id;
    IF _sum <> 0 THEN
        RAISE EXCEPTION 'entries of transfer % sum to %', NEW.transfer_id, _sum
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transfer_sums_to_zero';
    END IF;
    IF NOT _placed THEN
        RAISE EXCEPTION 'an entry of transfer % is not in the balance of account %', NEW.transfer_id, NEW.account_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_in_balance';
    END IF;
    RETURN NULL;
END $$
"""

# Every step of a balance is exactly its new entries, so every balance is the sum of all its entries.
FUNCTIONS["check_balance"] = """
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _balance bigint := CASE TG_OP WHEN 'UPDATE' THEN OLD.balance ELSE 0 END;
    _entries bigint := CASE TG_OP WHEN 'UPDATE' THEN OLD.entries ELSE 0 END;
    _found bigint;
    _sum numeric;
BEGIN
    SELECT count(*), coalesce(sum(amount), 0) INTO _found, _sum FROM entry
    WHERE account_id = NEW.account_id AND sequence > _entries AND sequence <= NEW.entries;
    IF _found <> NEW.entries - _entries OR _sum <> NEW.balance - _balance THEN
        RAISE EXCEPTION 'account % changed by % with entries for %', NEW.account_id, NEW.balance - _balance, _sum
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_equals_entries';
    END IF;
    RETURN NULL;
END $$
"""

# Accounts are locked in the order of their ids before anything is written; a reference that was posted is left out.
FUNCTIONS["post_transfers"] = """
CREATE FUNCTION post_transfers(
    _ids uuid[], _references text[], _occurred timestamptz[],
    _line_ids uuid[], _line_accounts uuid[], _line_amounts bigint[], _now timestamptz
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    _posted uuid[];
BEGIN
    INSERT INTO account (account_id, kind, currency, balance, entries, opened_at)
    SELECT l.account_id, 'customer', 'PTS', 0, 0, _now
    FROM (SELECT DISTINCT unnest(_line_accounts) AS account_id) l
    WHERE NOT EXISTS (SELECT FROM account a WHERE a.account_id = l.account_id)
    ORDER BY l.account_id
    ON CONFLICT DO NOTHING;

    PERFORM FROM account WHERE account_id = ANY(_line_accounts) AND kind = 'customer'
    ORDER BY account_id FOR NO KEY UPDATE;

    WITH posted AS (
        INSERT INTO transfer (transfer_id, reference, currency, occurred_at, posted_at)
        SELECT t.id, t.reference, 'PTS', t.occurred_at, _now
        FROM unnest(_ids, _references, _occurred) AS t(id, reference, occurred_at)
        ORDER BY t.reference
        ON CONFLICT (reference) DO NOTHING
        RETURNING transfer_id
    )
    SELECT array_agg(transfer_id) INTO _posted FROM posted;

    WITH placed AS (
        INSERT INTO entry (transfer_id, account_id, currency, amount, sequence, balance_after)
        SELECT l.transfer_id, l.account_id, 'PTS', l.amount,
               a.entries + row_number() OVER account_lines, a.balance + sum(l.amount) OVER account_lines
        FROM unnest(_line_ids, _line_accounts, _line_amounts) WITH ORDINALITY AS l(transfer_id, account_id, amount, place)
        JOIN account a USING (account_id)
        WHERE l.transfer_id = ANY(_posted)
        WINDOW account_lines AS (PARTITION BY l.account_id ORDER BY l.place ROWS UNBOUNDED PRECEDING)
        RETURNING account_id, amount, sequence
    )
    UPDATE account a SET balance = a.balance + p.amount, entries = a.entries + p.entries
    FROM (SELECT account_id, sum(amount)::bigint AS amount, count(*) AS entries FROM placed
          WHERE sequence IS NOT NULL GROUP BY account_id) p
    WHERE a.account_id = p.account_id;

    RETURN QUERY SELECT unnest(_posted);
END $$
"""

STATEMENT_TRIGGERS = (
    ("append_only", "transfer", "UPDATE OR DELETE OR TRUNCATE"),
    ("append_only", "entry", "UPDATE OR DELETE OR TRUNCATE"),
    ("append_only", "referral", "UPDATE OR DELETE OR TRUNCATE"),
    ("append_only", "campaign_policy", "UPDATE OR DELETE OR TRUNCATE"),
    ("never_deleted", "account", "DELETE OR TRUNCATE"),
    ("never_deleted", "referral_code", "DELETE OR TRUNCATE"),
)
CONSTRAINT_TRIGGERS = (
    ("sums_to_zero", "transfer", "INSERT", "", "check_transfer"),
    ("in_balance", "entry", "INSERT", "", "check_entry"),
    ("equals_entries", "account", "INSERT OR UPDATE", "WHEN (NEW.kind = 'customer')", "check_balance"),
)


def upgrade() -> None:
    op.execute(
        "INSERT INTO account (account_id, kind, currency, opened_at)"
        " VALUES ('00000000-0000-7000-8000-000000000001', 'issuer', 'PTS', now())"
    )
    for function in FUNCTIONS.values():
        op.execute(function)
    for name, table, events in STATEMENT_TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
        _always(name, table)
    for table in ("account", "referral_code"):
        op.execute(f"CREATE TRIGGER guard BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{table}()")
        _always("guard", table)
    for name, table, events, when, function in CONSTRAINT_TRIGGERS:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW {when} EXECUTE FUNCTION {function}()"
        )
        _always(name, table)


def _always(name: str, table: str) -> None:
    """Also where a session says that it only replicates."""
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    for name, table, *_ in (*STATEMENT_TRIGGERS, *CONSTRAINT_TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for table in ("account", "referral_code"):
        op.execute(f"DROP TRIGGER guard ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DELETE FROM account WHERE kind = 'issuer'")
