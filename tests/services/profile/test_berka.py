"""The figures of a real bank: PKDD'99's Czech data, through the mapping in examples/berka.

A day's closing balance is its last row in file order. Percentiles are the value at the nearest rank, (n - 1) times the share.
"""

import math
import os
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from services.profile.importing import import_directory
from services.profile.measuring import compute
from services.profile.measuring.rules_language import Verdict, compile_verdicts, read_rule
from tests.services.profile.builders import KEYSET

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("STEWARD_SHARED_DATA") or ROOT.parent / "shared" / "data") / "berka"
LAST_DAY = date(1994, 3, 30)

pytestmark = pytest.mark.skipif(
    not (DATA / "trans.asc.gz").is_file(),
    reason=f"the Berka files are not in {DATA}; set STEWARD_SHARED_DATA to the folder that holds berka/",
)


def at_nearest_rank(values, percent):
    return sorted(values)[math.floor((len(values) - 1) * percent / 100 + 0.5)]


async def payroll_verdicts(database):
    """By customer, what the bank's own payroll rule says of everybody who got a transfer."""
    rule = read_rule("payroll", yaml.safe_load((ROOT / "examples" / "berka" / "payroll.yaml").read_text(encoding="utf-8")))
    statement = compile_verdicts(rule.when.regular)
    everybody = await database.pool.fetchrow(
        "SELECT (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1] FROM customer"
    )
    rows = await database.pool.fetch(statement.sql, LAST_DAY, *everybody, *statement.arguments(LAST_DAY))
    return {row["customer_id"]: Verdict(row["verdict"]) for row in rows}


async def accounts_paid_on_the_same_day(database):
    """Owners of accounts with a transfer in on the same day of six or more months in a row."""
    rows = await database.pool.fetch(
        "SELECT a.customer_id, t.day FROM transaction t JOIN account a ON a.id = t.account_id"
        " WHERE t.kind = 'transfer' AND t.direction = 'credit'"
    )
    months = defaultdict(set)
    for row in rows:
        months[row["customer_id"], row["day"].day].add(row["day"].year * 12 + row["day"].month)
    return {
        customer
        for (customer, _), found in months.items()
        if any(all(month + ahead in found for ahead in range(6)) for month in found)
    }


async def test_the_berka_bank_has_the_known_averages_and_growth(database):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    report = await import_directory(database, DATA, mapping=ROOT / "examples" / "berka", now=now, keyset=KEYSET)
    assert (report.problems, report.last_day) == ([], LAST_DAY)
    assert {kind: counts.created for kind, counts in report.kinds.items()} == {
        "products": 1,
        "customers": 1489,
        "accounts": 1229,
        "balances": 38821,
        "transactions": 46997,
        "facts": 1707,
    }

    await compute(database, as_of=LAST_DAY)
    rows = await database.pool.fetch("SELECT assets_90, growth_180_bp, currency FROM measures WHERE history_days >= 90")
    assert (len(rows), {row["currency"] for row in rows}) == (1139, {"CZK"})
    crowns = [round(row["assets_90"] / 100) for row in rows]
    assert [at_nearest_rank(crowns, share) for share in (5, 25, 50, 75, 95, 99)] == [13519, 21341, 28255, 41898, 58415, 71325]
    growth = [row["growth_180_bp"] for row in rows if row["growth_180_bp"] is not None]
    assert (len(growth), sum(bp >= 3000 for bp in growth), sum(bp <= -3000 for bp in growth)) == (568, 84, 103)

    verdicts = await payroll_verdicts(database)
    regular = await accounts_paid_on_the_same_day(database)
    assert len(regular) == 178
    assert sum(verdicts[customer] is Verdict.FOUND for customer in regular) >= 170
    paid = await database.pool.fetchval(
        "SELECT count(DISTINCT a.customer_id) FROM transaction t JOIN account a ON a.id = t.account_id"
        " WHERE t.kind = 'transfer' AND t.direction = 'credit' AND t.day > $1::date - 184",
        LAST_DAY,
    )
    assert len(verdicts) == paid
    assert Counter(verdicts.values()) == {Verdict.FOUND: 227, Verdict.TOO_FEW_MONTHS: 5}

    again = await import_directory(database, DATA, mapping=ROOT / "examples" / "berka", now=now, keyset=KEYSET)
    assert sum(counts.created + counts.changed for counts in again.kinds.values()) == 0


async def test_the_berka_files_give_gold_cards_loans_standing_orders_and_no_names(database):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    await import_directory(database, DATA, mapping=ROOT / "examples" / "berka", now=now, keyset=KEYSET)
    counts = {
        (row["fact"], row["value"]): row["count"]
        for row in await database.pool.fetch("SELECT fact, value, count(*) FROM fact GROUP BY fact, value")
    }
    assert {fact for fact, _ in counts} == {"card", "loan_status", "standing_order"}
    assert counts["loan_status", "repaid"] > counts["loan_status", "ended_unpaid"] > 0
    assert counts["standing_order", "household"] > 500
    first = await database.pool.fetchrow("SELECT birth_date, sex, id_type FROM customer WHERE customer_no = 'C2'")
    assert tuple(first) == (date(1945, 2, 4), "m", "none")
