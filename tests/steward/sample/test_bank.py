"""The bank as a whole: it refers to itself without gaps, its balances follow from its transactions, its people live."""

from datetime import timedelta

import polars as pl

from steward.sample.days import history
from tests.steward.sample.book import Book
from tests.steward.sample.conftest import AS_OF, CUSTOMERS

KEYS = {
    "customers": ["customer_no"],
    "products": ["product_code"],
    "accounts": ["account_no"],
    "balances": ["account_no", "day"],
    "transactions": ["transaction_no"],
    "behaviour": ["event_no"],
    "facts": ["customer_no", "fact", "value"],
    "assessments": ["customer_no", "assessed_on"],
}
REFERENCES = [
    ("accounts", "customer_no", "customers", "customer_no"),
    ("accounts", "product_code", "products", "product_code"),
    ("balances", "account_no", "accounts", "account_no"),
    ("transactions", "account_no", "accounts", "account_no"),
    ("transactions", "product_code", "products", "product_code"),
    ("behaviour", "customer_no", "customers", "customer_no"),
    ("facts", "customer_no", "customers", "customer_no"),
    ("assessments", "customer_no", "customers", "customer_no"),
]


def test_business_keys_are_unique(book: Book) -> None:
    for kind, key in KEYS.items():
        assert book[kind].select(key).is_duplicated().sum() == 0, kind
        assert book[kind].select(key).null_count().sum_horizontal().item() == 0, kind


def test_everything_that_is_referred_to_exists(book: Book) -> None:
    for kind, column, target, key in REFERENCES:
        missing = set(book[kind][column].drop_nulls()) - set(book[target][key])
        assert not missing, (kind, column)
    inside = book["transactions"]["counterparty_account_no"].drop_nulls()
    assert not set(inside.filter(inside.str.starts_with("A"))) - set(book["accounts"]["account_no"])


def test_a_transfer_between_two_customers_is_booked_on_both_sides(book: Book) -> None:
    moves = book["transactions"].filter(pl.col("kind") == "transfer", pl.col("counterparty_account_no").str.starts_with("A"))
    demand = book["accounts"].filter(pl.col("product_code") == "DEM01")["account_no"].implode()
    between = moves.filter(pl.col("counterparty_account_no").is_in(demand))
    sides = between.group_by("direction").agg(pl.len(), pl.col("amount").sum()).sort("direction")
    assert sides["len"].to_list() == [between.height // 2] * 2
    assert sides["amount"].n_unique() == 1


def test_a_balance_is_the_one_before_plus_credits_less_debits(book: Book) -> None:
    classes = book["accounts"].join(book["products"], on="product_code").select("account_no", "class")
    booked = (
        book["transactions"]
        .join(classes, on="account_no")
        .with_columns(debt=pl.col("class") != "demand", credit=pl.col("direction") == "credit")
        .with_columns(pl.when(pl.col("debt") != pl.col("credit")).then("amount").otherwise(-pl.col("amount")).alias("change"))
        .group_by("account_no", "day")
        .agg(pl.col("change").sum())
    )
    moving = ("demand", "credit_card", "mortgage", "consumer_loan", "business_loan")
    closing = book["balances"].join(classes.filter(pl.col("class").is_in(moving)), on="account_no").sort("account_no", "day")
    before = pl.col("balance").shift(1).over("account_no")
    checked = closing.with_columns((pl.col("balance") - before).alias("step"), before.alias("before"))
    checked = checked.join(booked, on=["account_no", "day"], how="full", coalesce=True)
    later = checked.filter(pl.col("before").is_not_null() | pl.col("balance").is_null())
    wrong = later.filter(pl.col("step").fill_null(0) != pl.col("change").fill_null(0))
    assert wrong.height == 0, wrong
    assert later.height > 100_000


def test_nobody_is_overdrawn_and_amounts_are_exact_and_positive(book: Book) -> None:
    assert book["balances"].schema["balance"] == pl.Decimal(18, 2)
    assert book["transactions"].schema["amount"] == pl.Decimal(18, 2)
    assert book["balances"].filter(pl.col("balance") < 0).height == 0
    assert book["transactions"].filter(pl.col("amount") <= 0).height == 0


def test_everything_happens_within_the_nine_months_and_the_life_of_its_account(book: Book) -> None:
    first = AS_OF - timedelta(days=274)
    for kind in ("balances", "transactions"):
        dated = book[kind].join(book["accounts"], on="account_no")
        assert dated.filter(~pl.col("day").is_between(first, AS_OF) | (pl.col("day") < pl.col("opened_on"))).height == 0, kind
    opened = book["accounts"].join(book["customers"], on="customer_no", suffix="_customer")
    assert opened.filter(pl.col("opened_on") < pl.col("opened_on_customer")).height == 0
    assert opened.filter(pl.col("birth_date") > pl.col("opened_on_customer")).height == 0
    assert book["behaviour"].filter(~pl.col("at").dt.date().is_between(first, AS_OF)).height == 0


def test_salaries_come_on_working_days_with_a_thirteenth_month_and_bonuses(book: Book) -> None:
    days = history(AS_OF)
    paid = book["transactions"].filter(pl.col("kind") == "salary")
    assert all(days.working[days.index(day)] for day in paid["day"].unique())
    most = paid.group_by("account_no").agg((pl.col("amount").max() / pl.col("amount").median()).cast(pl.Float64).alias("ratio"))
    assert most.filter(pl.col("ratio") > 1.9).height > most.height * 0.6
    assert paid["day"].dt.day().n_unique() > 9, "pay days shift round weekends and holidays"


def test_money_is_spent_before_the_spring_festival_and_on_the_double_eleven(book: Book) -> None:
    spent = book["transactions"].filter(pl.col("kind") == "card")
    usual = spent.height / 275
    by_day = dict(spent.group_by("day").len().iter_rows())
    assert by_day[AS_OF.replace(year=2025, month=11, day=11)] > usual * 1.8
    week = [by_day[AS_OF.replace(month=2, day=day)] for day in range(10, 17)]
    assert sum(week) / 7 > usual * 1.3


def test_people_are_children_to_very_old_and_live_in_households(book: Book) -> None:
    people = book["customers"].with_columns(((pl.lit(AS_OF) - pl.col("birth_date")).dt.total_days() / 365.25).alias("age"))
    assert people.height == CUSTOMERS
    assert 0.02 < people.filter(pl.col("age") < 18).height / CUSTOMERS < 0.15
    assert 0.05 < people.filter(pl.col("age") >= 65).height / CUSTOMERS < 0.2
    assert people.filter(pl.col("age") > 85).height > 0
    assert people.filter(pl.col("age") > 96).height == 0
    homes = people.drop_nulls("household_no").group_by("household_no").agg(pl.len(), pl.col("address").n_unique())
    assert homes.filter((pl.col("len") < 2) | (pl.col("address") > 1)).height == 0


def test_vips_have_an_adviser_and_nobody_came_by_a_referral_code(book: Book) -> None:
    advised = set(book["customers"].drop_nulls("adviser_no")["customer_no"])
    assert book.labelled("tier", "vip") <= advised
    assert len(advised) < CUSTOMERS * 0.07
    assert book["customers"]["referral_code"].null_count() == CUSTOMERS


def test_some_risk_assessments_have_expired(book: Book) -> None:
    latest = book["assessments"].group_by("customer_no").agg(pl.col("assessed_on").max())
    expired = latest.filter(pl.col("assessed_on") <= AS_OF - timedelta(days=365)).height / latest.height
    assert 0.1 < expired < 0.35
    assert latest.filter(pl.col("assessed_on") > AS_OF).height == 0
