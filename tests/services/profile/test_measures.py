"""Measures (H1 to H3): step functions of sparse balances, windows, growth, stages, and what is published."""

from datetime import date, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import driver
from services.profile.measuring import compute, recompute
from tests.services.profile.builders import account_row, balance_row, behaviour_row, customer_row, fact_row, transaction_row

AS_OF = date(2026, 2, 28)


def on(days_before: int) -> str:
    return (AS_OF - timedelta(days=days_before)).isoformat()


async def measures(database, as_of=AS_OF, customer_no="C1"):
    return await database.pool.fetchrow(
        "SELECT m.* FROM measures m JOIN customer c ON c.id = m.customer_id WHERE c.customer_no = $1 AND m.as_of = $2",
        customer_no,
        as_of,
    )


async def published(database, subject="profile.measures.computed.v1"):
    rows = await database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
    return [orjson.loads(row["payload"])["data"] for row in rows]


async def test_a_balance_holds_until_the_next_one_and_days_before_the_first_count_as_nothing(load, database):
    await load(
        customers=[customer_row()],
        accounts=[account_row()],
        balances=[balance_row(on(44), "90"), balance_row(on(9), "180")],
    )
    await compute(database, as_of=AS_OF)
    row = await measures(database)
    days_90 = 90 * 35 + 180 * 10
    assert row["assets_30"] == (90 * 20 + 180 * 10) * 100 // 30
    assert row["assets_90"] == days_90 * 100 // 90
    assert row["assets_180"] == days_90 * 100 // 180
    assert (row["history_days"], row["growth_180_bp"]) == (45, None)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 400), st.integers(-50_000, 500_000), min_size=1, max_size=12))
async def test_averages_and_growth_equal_the_sum_over_every_single_day(load, database, steps):
    async with database.begin() as session:
        await (await driver(session)).execute("TRUNCATE balance, measures, run, signal, verdict, outbox")
    rows = [balance_row(on(before), f"{fen / 100:.2f}") for before, fen in steps.items()]
    products = [{"product_code": "DEM", "class": "demand", "currency": "CNY", "overdraft": "true"}]
    await load(products=products, customers=[customer_row()], accounts=[account_row()], balances=rows)
    await compute(database, as_of=AS_OF)

    def held(before):
        known = [day for day in steps if day >= before]
        return steps[min(known)] if known else 0

    def total(first, last):
        return sum(held(before) for before in range(last, first + 1))

    row = await measures(database)
    assert row["assets_30"] == total(29, 0) // 30
    assert row["assets_90"] == total(89, 0) // 90
    assert row["assets_180"] == total(179, 0) // 180
    before = total(269, 180)
    expected = None
    if max(steps) >= 269 and before > 0:
        change = (total(89, 0) - before) * 10_000
        expected = abs(change) // before * (1 if change >= 0 else -1)
    assert row["growth_180_bp"] == expected


@pytest.mark.parametrize(("first", "growth"), [(269, 3000), (268, None)])
async def test_growth_needs_all_ninety_days_that_ended_180_days_earlier(load, database, first, growth):
    await load(
        customers=[customer_row()],
        accounts=[account_row()],
        balances=[balance_row(on(first), "100"), balance_row(on(120), "130")],
    )
    await compute(database, as_of=AS_OF)
    assert (await measures(database))["growth_180_bp"] == growth


async def test_debts_and_closed_accounts_are_no_assets_and_other_currencies_are_left_out(load, database):
    await load(
        products=[
            {"product_code": "DEM", "class": "demand", "currency": "CNY"},
            {"product_code": "MOR", "class": "mortgage", "currency": "CNY"},
            {"product_code": "USD", "class": "demand", "currency": "USD"},
        ],
        customers=[customer_row()],
        accounts=[
            account_row("A1"),
            account_row("A2", product_code="MOR"),
            account_row("A3", closed_on=on(60)),
            account_row("A4", product_code="USD", currency="USD"),
        ],
        balances=[balance_row(on(200), "90", account) for account in ("A1", "A2", "A3", "A4")],
    )
    await compute(database, as_of=AS_OF)
    row = await measures(database)
    assert (row["currency"], row["assets_30"], row["assets_90"]) == ("CNY", 9_000, 9_000 + 9_000 * 29 // 90)
    assert (row["products"], row["need"]) == (["demand", "mortgage"], "borrowing")
    # 150 bp of 90 yuan, 150 bp of 29 days of it, 80 bp of the loan: 135 + 43.5 + 72, half a fen up
    assert row["contribution_fen"] == 251


async def test_activity_counts_what_the_customer_did_within_ninety_days(load, database):
    await load(
        customers=[customer_row()],
        accounts=[account_row()],
        transactions=[
            transaction_row("T1", on(0), "1", channel="app"),
            transaction_row("T2", on(89), "1", channel="atm", kind="cash"),
            transaction_row("T3", on(90), "1", channel="counter"),
            transaction_row("T4", on(1), "1", kind="fee"),
            transaction_row("T5", on(1), "1", kind="salary", direction="credit"),
        ],
        behaviour=[
            behaviour_row("E1", f"{on(0)}T23:59:59+08:00", "deposit", kind="login"),
            behaviour_row("E2", f"{on(89)}T00:00:00+08:00", "deposit", kind="login"),
            behaviour_row("E3", f"{on(90)}T23:59:59+08:00", "deposit", kind="login"),
        ],
    )
    await compute(database, as_of=AS_OF)
    row = await measures(database)
    assert (row["dealings_90"], row["logins_90"], row["channels_90"], row["payroll"]) == (2, 2, 2, True)


@pytest.mark.parametrize(
    ("changes", "facts", "stage"),
    [
        ({"birth_date": "2010-03-01"}, [], "child"),
        ({"birth_date": "2008-02-28", "occupation": "student"}, [], "student"),
        ({"birth_date": "1966-02-28"}, [], "retired"),
        ({"birth_date": "1990-03-07", "occupation": "retired"}, [], "retired"),
        ({"birth_date": "1990-03-07"}, [fact_row("child_birth_date", "2008-03-01")], "family"),
        ({"birth_date": "1990-03-07"}, [fact_row("child_birth_date", "2008-02-28")], "building_up"),
        ({"birth_date": "1996-02-01"}, [], "starting_out"),
    ],
)
async def test_the_stage_of_life_follows_from_age_work_and_children(load, database, changes, facts, stage):
    await load(customers=[customer_row(**changes, opened_on="2020-05-01")], facts=facts)
    await compute(database, as_of=AS_OF)
    assert (await measures(database))["life_stage"] == stage


async def test_only_changed_measures_are_published_with_versions_without_holes_and_the_feed_is_completed(load, database):
    await load(
        customers=[customer_row("C1"), customer_row("C2")], accounts=[account_row()], balances=[balance_row(on(300), "50")]
    )
    assert (await compute(database, as_of=AS_OF)).published == 2
    assert (await compute(database, as_of=AS_OF)).published == 0
    await load(balances=[balance_row(on(0), "80")])
    assert (await compute(database, as_of=AS_OF)).published == 1
    assert (await compute(database, as_of=AS_OF - timedelta(days=40))).published == 0
    next_day = await compute(database, as_of=AS_OF + timedelta(days=1))
    assert next_day.published == 1
    by_customer: dict[str, list[int]] = {}
    for event in await published(database):
        by_customer.setdefault(event["customer_id"], []).append(event["version"])
    assert sorted(by_customer.values()) == [[1], [1, 2, 3]]
    feed = await published(database, "profile.feed.completed.v1")
    assert [(event["version"], event["day"]) for event in feed] == [
        (1, AS_OF.isoformat()),
        (2, AS_OF.isoformat()),
        (3, AS_OF.isoformat()),
        (4, (AS_OF + timedelta(days=1)).isoformat()),
    ]


async def test_one_customer_can_be_computed_alone(load, database):
    await load(customers=[customer_row("C1"), customer_row("C2")])
    customer_id = await database.pool.fetchval("SELECT id FROM customer WHERE customer_no = 'C2'")
    async with database.begin() as session:
        await recompute(session, customer_id=customer_id, as_of=AS_OF)
    assert await measures(database) is None
    assert (await measures(database, customer_no="C2"))["version"] == 1
