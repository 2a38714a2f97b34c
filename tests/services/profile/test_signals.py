"""Signals with their evidence: what raises them, what almost does, and when they are raised again."""

from datetime import date, timedelta

import orjson
import pytest

from contracts.values import SignalKind
from services.profile.measuring import compute
from services.profile.measuring.policy import in_fen, packaged_rules
from tests.services.profile.builders import account_row, balance_row, behaviour_row, customer_row, fact_row, transaction_row

AS_OF = date(2026, 2, 28)


def on(days_before: int) -> str:
    return (AS_OF - timedelta(days=days_before)).isoformat()


def at(days_before: int) -> str:
    return f"{on(days_before)}T10:00:00+08:00"


QUIET = {"birth_date": "1980-06-15", "opened_on": "2015-06-15"}


async def found(database, kind, customer_no="C1"):
    rows = await database.pool.fetch(
        "SELECT s.evidence::text AS evidence, s.as_of FROM signal s JOIN customer c ON c.id = s.customer_id"
        " WHERE s.kind = $1 AND c.customer_no = $2 ORDER BY s.as_of, s.subject",
        kind,
        customer_no,
    )
    return [orjson.loads(row["evidence"]) for row in rows]


def test_every_kind_of_signal_is_raised_by_a_rule():
    assert {rule.kind for rule in packaged_rules().values()} == set(SignalKind)
    assert in_fen({"a": {"floor_major": 12.5}, "b": 1}) == {"a": {"floor_fen": 1250}, "b": 1}


@pytest.mark.parametrize(
    ("lookups", "deposit", "raised"), [(5, "50000", True), (4, "50000", False), (5, "49999.99", False), (9, "80000", True)]
)
async def test_mortgage_look_ups_count_together_with_the_deposit(load, database, lookups, deposit, raised):
    await load(
        customers=[customer_row(**QUIET)],
        accounts=[account_row()],
        balances=[balance_row(on(100), deposit)],
        behaviour=[behaviour_row(f"E{n}", at(n * 3), "mortgage") for n in range(lookups)]
        + [behaviour_row("E90", at(30), "mortgage"), behaviour_row("E91", at(1), "mortgage", kind="content_view")],
    )
    await compute(database, as_of=AS_OF)
    evidence = await found(database, "mortgage_bundle")
    assert [row["counts"] for row in evidence] == ([{"lookups": lookups}] if raised else [])


@pytest.mark.parametrize(
    ("months", "raised"),
    [(["2026-02", "2026-01", "2025-12"], True), (["2026-01", "2025-12", "2025-11"], True),
     (["2026-02", "2026-01", "2025-11"], False), (["2025-12", "2025-11", "2025-10"], False)],
)  # fmt: skip
async def test_baby_purchases_count_in_three_months_in_a_row_until_lately(load, database, months, raised):
    rows = [transaction_row(f"T{month}", f"{month}-10", "100", kind="card", mcc="5641") for month in months]
    await load(customers=[customer_row(**QUIET)], accounts=[account_row()], transactions=rows)
    await compute(database, as_of=AS_OF)
    assert bool(await found(database, "education_fund")) == raised


@pytest.mark.parametrize(
    ("paid", "raised"),
    [
        (["2025-09-10", "2025-10-09", "2025-11-10", "2025-12-10", "2026-01-12", "2026-02-10"], True),
        (["2025-09-10", "2025-10-09", "2025-12-10", "2026-01-30", "2026-02-27"], True),
        (["2025-09-10", "2025-10-09", "2025-11-10", "2025-12-10"], False),
        (["2025-12-10", "2026-01-12", "2026-02-10"], False),
    ],
)
async def test_a_monthly_salary_is_seen_through_bonuses_and_shifted_days(load, database, paid, raised):
    amounts = ["8000", "12000", "8000", "8100", "16000", "8000"]
    rows = [
        transaction_row(f"T{day}", day, amount, kind="salary", direction="credit")
        for day, amount in zip(paid, amounts, strict=False)
    ]
    await load(customers=[customer_row(**QUIET)], accounts=[account_row()], transactions=rows)
    await compute(database, as_of=AS_OF)
    assert bool(await found(database, "payroll")) == raised


async def test_a_large_outflow_names_amount_day_and_the_own_past(load, database):
    await load(
        customers=[customer_row(**QUIET)],
        accounts=[account_row()],
        transactions=[
            transaction_row("T1", on(50), "20000"),
            transaction_row("T2", on(2), "30000"),
            transaction_row("T3", on(2), "30000"),
            transaction_row("T4", on(1), "59999.99"),
        ],
    )
    await compute(database, as_of=AS_OF)
    account_id = await database.pool.fetchval("SELECT id FROM account")
    assert await found(database, "large_outflow") == [
        {
            "window_from": on(2),
            "window_to": on(2),
            "counts": {"transactions": 2},
            "amounts_fen": {"outflow": 6_000_000, "largest_before": 2_000_000},
            "days": [on(2)],
            "ids": ["T2", "T3"],
            "account_ids": [str(account_id)],
        }
    ]


async def test_money_to_own_accounts_and_the_household_does_not_leave(load, database):
    await load(
        customers=[
            customer_row(**QUIET, household_no="H1"),
            customer_row("C2", **QUIET, household_no="H1"),
            customer_row("C3", **QUIET),
        ],
        accounts=[account_row(), account_row("A2"), account_row("A3", "C2"), account_row("A4", "C3")],
        transactions=[
            transaction_row("T1", on(1), "90000", counterparty_account_no="A2"),
            transaction_row("T2", on(2), "90000", counterparty_account_no="A3"),
            transaction_row("T3", on(3), "90000", counterparty_account_no="A4"),
        ],
    )
    await compute(database, as_of=AS_OF)
    assert [row["days"] for row in await found(database, "large_outflow")] == [[on(3)]]


@pytest.mark.parametrize(
    ("bought", "raised"),
    [
        (["PRI", "PRI", "PRI"], True),
        (["BOLD", "PRI", "BOLD"], True),
        (["BOLD", "FUN", "BOLD", "BOLD"], False),
        (["BOLD", "BOLD"], False),
        (["BOLD", "BOLD", "BOLD", "FUN"], True),
    ],
)
async def test_three_high_risk_purchases_count_only_without_another_between(load, database, bought, raised):
    rows = [
        transaction_row(f"T{place}", on(20 - place), "1000", kind="purchase", product_code=code)
        for place, code in enumerate(bought)
    ]
    await load(customers=[customer_row(**QUIET)], accounts=[account_row()], transactions=rows)
    await compute(database, as_of=AS_OF)
    assert bool(await found(database, "high_risk_streak")) == raised


@pytest.mark.parametrize(
    ("facts", "topics", "raised"),
    [
        ([fact_row("owns_business", "true")], {"succession": 3}, True),
        ([], {"succession": 3, "business_loan": 3}, True),
        ([fact_row("succession_interest", "true")], {"business_loan": 3}, True),
        ([fact_row("owns_business", "true")], {"succession": 2}, False),
        ([fact_row("owns_business", "false")], {"succession": 3}, False),
        ([], {"succession": 3}, False),
        ([], {"business_loan": 5}, False),
    ],
)
async def test_a_complex_need_is_a_business_together_with_succession(load, database, facts, topics, raised):
    rows = [behaviour_row(f"E{topic}{n}", at(n), topic) for topic, count in topics.items() for n in range(count)]
    await load(customers=[customer_row(**QUIET)], facts=facts, behaviour=rows)
    await compute(database, as_of=AS_OF)
    assert bool(await found(database, "complex_need")) == raised


@pytest.mark.parametrize(
    ("fact", "value", "kind", "raised"),
    [
        ("employer_role", "executive", "executive", True),
        ("employer_role", "manager", "executive", False),
        ("child_birth_date", "2010-05-01", "has_children", True),
        ("child_birth_date", "2001-05-01", "has_children", False),
        ("has_child", "true", "has_children", True),
        ("child_university_year", "2026", "university_entry", True),
        ("child_university_year", "2027", "university_entry", False),
        ("business_founded_on", "2019-03-30", "business_anniversary", True),
        ("business_founded_on", "2019-03-31", "business_anniversary", False),
        ("business_founded_on", "2019-02-27", "business_anniversary", False),
    ],
)
async def test_facts_raise_their_signals(load, database, fact, value, kind, raised):
    await load(customers=[customer_row(**QUIET)], facts=[fact_row(fact, value)])
    await compute(database, as_of=AS_OF)
    assert bool(await found(database, kind)) == raised


@pytest.mark.parametrize(
    ("birth_date", "as_of", "day"),
    [
        ("1980-03-30", AS_OF, "2026-03-30"),
        ("1980-03-31", AS_OF, None),
        ("1980-02-28", AS_OF, "2026-02-28"),
        ("1980-02-27", AS_OF, None),
        ("1980-02-29", date(2026, 2, 1), "2026-02-28"),
        ("1980-02-29", date(2024, 2, 1), "2024-02-29"),
        ("1980-01-05", date(2025, 12, 20), "2026-01-05"),
    ],
)
async def test_birthdays_are_told_within_thirty_days_ahead_also_over_new_year_and_on_leap_days(
    load, database, birth_date, as_of, day
):
    await load(customers=[customer_row(birth_date=birth_date, opened_on="2015-06-15")])
    await compute(database, as_of=as_of)
    assert [row["days"] for row in await found(database, "birthday")] == ([[day]] if day else [])


async def test_a_signal_is_not_raised_again_within_its_cool_down_and_is_after_it(load, database):
    await load(customers=[customer_row(birth_date="1950-06-15", opened_on="2015-06-15")])
    days = packaged_rules()["older_customer"].cooldown_days
    for back, raised in ((days, 1), (1, 0), (0, 1)):
        report = await compute(database, as_of=AS_OF - timedelta(days=back))
        assert report.signals[SignalKind.OLDER_CUSTOMER] == raised
    events = await database.pool.fetch("SELECT payload FROM outbox WHERE subject = 'profile.signal.raised.v1'")
    told = [orjson.loads(row["payload"])["data"] for row in events]
    assert [event["confidence_bp"] for event in told if event["kind"] == "older_customer"] == [10_000, 10_000]
