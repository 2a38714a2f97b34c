"""The truth holds in the data: plain detectors find who was planted, all of them and nobody else."""

from collections import Counter
from datetime import date, timedelta

import polars as pl
import pytest

from contracts.values import SignalKind, Tier
from steward.sample import Summary, generate
from tests.steward.sample.book import DETECTORS, Book, average_assets, growths
from tests.steward.sample.conftest import AS_OF, CUSTOMERS


@pytest.mark.parametrize("label", sorted(DETECTORS))
def test_a_plain_detector_finds_exactly_who_was_planted(book: Book, label: str) -> None:
    assert DETECTORS[label](book) == book.labelled("signal", label)


@pytest.mark.parametrize("label", sorted(set(DETECTORS) - {"has_children", "older_customer"}))
def test_a_decoy_never_has_the_signal_that_it_resembles(book: Book, label: str) -> None:
    decoys = book.labelled("decoy", label)
    assert decoys
    assert not decoys & book.labelled("signal", label)


def test_tiers_follow_from_assets_and_growth_or_from_large_loans(book: Book) -> None:
    now = average_assets(book, until=AS_OF)
    tiers = book.truth.filter(pl.col("kind") == "tier").join(now, on="customer_no", how="left")
    grown_by, owed = growths(book, until=AS_OF), dict(_debts(book).iter_rows())
    for customer_no, label, cause, average in tiers.select("customer_no", "label", "cause", "average").iter_rows():
        if cause == "large_loans":
            assert label == Tier.VIP
            assert average < 500_000
            assert owed[customer_no] > 7_000_000
            continue
        assert owed.get(customer_no, 0) < 700_000
        rich = average is not None and average > 500_000
        grown = grown_by.get(customer_no, 0) >= 1.3
        assert label == (Tier.VIP if rich else Tier.POTENTIAL if grown else Tier.ORDINARY), (customer_no, cause)


def _debts(book: Book) -> pl.DataFrame:
    loans = book["products"].filter(pl.col("class").is_in(["mortgage", "business_loan", "consumer_loan"]))
    owed = book["accounts"].join(loans, on="product_code").join(book["balances"], on="account_no")
    last = owed.sort("day").group_by("customer_no", "account_no", maintain_order=True).last()
    return last.group_by("customer_no").agg(pl.col("balance").sum().cast(pl.Float64))


def test_near_misses_stay_below_the_thresholds_but_close(book: Book) -> None:
    averages = dict(average_assets(book, until=AS_OF).iter_rows())
    assert all(450_000 < averages[customer_no] < 500_000 for customer_no in book.labelled("decoy", "vip"))
    grown_by = growths(book, until=AS_OF)
    close = [grown_by[customer_no] for customer_no in book.labelled("decoy", "potential")]
    assert len(close) > 3
    assert all(1.15 < growth < 1.3 for growth in close)


def test_days_that_return_every_year_are_told_for_the_coming_thirty(book: Book) -> None:
    coming = {(AS_OF + timedelta(days=count)).strftime("%m-%d") for count in range(31)}
    born = book["customers"].filter(pl.col("birth_date").dt.strftime("%m-%d").is_in(list(coming)))
    solar = book.truth.filter(pl.col("label") == "birthday", pl.col("cause").str.starts_with("years="))
    assert set(solar["customer_no"]) == set(born.filter(pl.col("birth_date") < AS_OF)["customer_no"])
    founded = book["facts"].filter(pl.col("fact") == "business_founded_on", pl.col("value").str.slice(5).is_in(list(coming)))
    assert book.labelled("signal", "business_anniversary") == set(founded["customer_no"])


def test_every_customer_has_one_tier_and_rates_are_believable(made: Summary, book: Book) -> None:
    tiers = book.truth.filter(pl.col("kind") == "tier")
    assert tiers["customer_no"].n_unique() == tiers.height == CUSTOMERS
    shares = {label: count / CUSTOMERS for label, count in made.tiers.items()}
    assert 0.03 < shares[Tier.VIP] < 0.07
    assert 0.12 < shares[Tier.POTENTIAL] < 0.18
    planted = (SignalKind.MORTGAGE_BUNDLE, SignalKind.EDUCATION_FUND, SignalKind.COMPLEX_NEED, SignalKind.LARGE_OUTFLOW)
    assert all(0.005 <= made.signals[label] / CUSTOMERS <= 0.05 for label in planted)


@pytest.mark.parametrize(
    ("seed", "as_of"), [(1, date(2026, 11, 24)), (2, date(2024, 2, 29)), (3, date(2026, 1, 1)), (4, date(2027, 7, 31))]
)
def test_every_tier_and_signal_occurs_among_two_hundred(tmp_path, seed: int, as_of: date) -> None:
    summary = generate(tmp_path, customers=200, seed=seed, as_of=as_of)
    assert set(summary.tiers) == set(Tier)
    assert set(summary.signals) == set(SignalKind)


def test_the_summary_counts_what_was_written(made: Summary, book: Book) -> None:
    assert dict(made.rows) == {kind: frame.height for kind, frame in book.tables.items()} | {"truth": book.truth.height}
    written = Counter(book.truth.filter(pl.col("kind") == "signal")["label"])
    assert dict(made.signals) == written
