"""A sample bank read back from its files, and plain detectors over it that know nothing of how it was made."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from contracts.values import ASSET_CLASSES, ProductClass

DEPOSITS = (ProductClass.DEMAND, ProductClass.TERM)
KINDS = ("customers", "products", "accounts", "balances", "transactions", "behaviour", "facts", "assessments")


@dataclass(frozen=True)
class Book:
    """The tables of a bank by name, and the day on which it ends."""

    folder: Path
    as_of: date
    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame

    def __getitem__(self, kind: str) -> pl.DataFrame:
        return self.tables[kind]

    def labelled(self, kind: str, label: str) -> set[str]:
        return set(self.truth.filter((pl.col("kind") == kind) & (pl.col("label") == label))["customer_no"])

    def since(self, days: int) -> pl.Expr:
        """Rows of the last `days` days."""
        return pl.col("day") > self.as_of - timedelta(days=days)


def read(folder: Path, as_of: date) -> Book:
    """Read a bank written as Parquet."""
    tables = {kind: pl.read_parquet(_source(folder, kind)) for kind in KINDS}
    return Book(folder, as_of, tables, pl.read_csv(folder / "truth.csv", try_parse_dates=True))


def _source(folder: Path, kind: str) -> Path:
    parts = folder / kind
    return parts / "*.parquet" if parts.is_dir() else folder / f"{kind}.parquet"


def average_assets(book: Book, *, until: date) -> pl.DataFrame:
    """(customer_no, average) of daily assets over the 90 days that end on `until`; only those known on every day."""
    assets = _with_class(book).filter(pl.col("class").is_in([str(kind) for kind in ASSET_CLASSES]))
    days = pl.DataFrame({"day": pl.date_range(until - timedelta(days=89), until, eager=True)})
    held = (
        assets.select("account_no", "customer_no")
        .join(days, how="cross")
        .sort("day")
        .join_asof(book["balances"].sort("day"), on="day", by="account_no", check_sortedness=False)
    )
    daily = held.group_by("customer_no", "day").agg(pl.col("balance").sum(), pl.col("balance").count().alias("known"))
    complete = daily.group_by("customer_no").agg(pl.col("balance").sum() / 90, pl.col("known").min())
    return complete.filter(pl.col("known") > 0).select("customer_no", pl.col("balance").alias("average"))


def growths(book: Book, *, until: date) -> dict[str, float]:
    """By customer: the average of the last 90 days over that of the 90 that ended 180 days earlier, less what moved at home."""
    ends = {"now": until, "then": until - timedelta(days=180)}
    found = {name: dict(average_assets(book, until=end).iter_rows()) for name, end in ends.items()}
    moved = {
        name: dict(_moved_at_home(book, since=ends["then"] - timedelta(days=89), until=end).iter_rows())
        for name, end in ends.items()
    }
    own = {
        name: {customer: float(average) - moved[name].get(customer, 0.0) for customer, average in averages.items()}
        for name, averages in found.items()
    }
    return {customer: own["now"][customer] / then for customer, then in own["then"].items()}


def _moved_at_home(book: Book, *, since: date, until: date) -> pl.DataFrame:
    """(customer_no, moved): what money between people of one household adds to the daily average of the 90 days until `until`."""
    holders = book["accounts"].join(book["customers"], on="customer_no").select("account_no", "customer_no", "household_no")
    others = holders.rename({"account_no": "counterparty_account_no", "customer_no": "other"})
    moves = book["transactions"].join(holders, on="account_no").join(others, on=["counterparty_account_no", "household_no"])
    first = pl.max_horizontal("day", pl.lit(until - timedelta(days=89)))
    days = (pl.lit(until) - first).dt.total_days() + 1
    signed = pl.when(pl.col("direction") == "credit").then("amount").otherwise(-pl.col("amount")).cast(pl.Float64)
    counted = moves.filter(pl.col("customer_no") != pl.col("other"), pl.col("day").is_between(since, until))
    return counted.group_by("customer_no").agg((signed * days / 90).sum().alias("moved"))


def deposits(book: Book) -> pl.DataFrame:
    """(customer_no, balance) of demand and term deposits on the last day."""
    last = book["balances"].sort("day").group_by("account_no", maintain_order=True).last()
    kept = _with_class(book).filter(pl.col("class").is_in([str(kind) for kind in DEPOSITS])).join(last, on="account_no")
    return kept.group_by("customer_no").agg(pl.col("balance").sum())


def _with_class(book: Book) -> pl.DataFrame:
    return book["accounts"].join(book["products"].select("product_code", "class", "risk_level"), on="product_code")


def lookups(book: Book, topic: str, *, days: int, least: int) -> set[str]:
    """Customers who looked a topic up at least so often in the last days."""
    seen = book["behaviour"].with_columns(pl.col("at").dt.date().alias("day")).filter(book.since(days), pl.col("topic") == topic)
    counts = seen.group_by("customer_no").len()
    return set(counts.filter(pl.col("len") >= least)["customer_no"])


def with_fact(book: Book, fact: str, value: str | None = None) -> set[str]:
    found = book["facts"].filter(pl.col("fact") == fact)
    return set((found if value is None else found.filter(pl.col("value") == value))["customer_no"])


def mortgage_bundle(book: Book) -> set[str]:
    """H15: five look-ups of mortgage rates in 30 days, and a deposit of 50,000 or more."""
    saving = set(deposits(book).filter(pl.col("balance") >= 50_000)["customer_no"])
    return lookups(book, "mortgage", days=30, least=5) & saving


def education_fund(book: Book) -> set[str]:
    """H16: mother-and-baby purchases in three months in a row, the last of them this month or the one before."""
    bought = book["transactions"].filter(pl.col("mcc") == "5641").join(book["accounts"], on="account_no")
    this = book.as_of.year * 12 + book.as_of.month
    months: dict[str, set[int]] = {}
    for customer_no, day in bought.select("customer_no", "day").iter_rows():
        months.setdefault(customer_no, set()).add(day.year * 12 + day.month)
    return {no for no, found in months.items() if any({end, end - 1, end - 2} <= found for end in (this, this - 1))}


def payroll(book: Book) -> set[str]:
    """H17: three salaries in 105 days."""
    paid = book["transactions"].filter(pl.col("kind") == "salary", book.since(105)).join(book["accounts"], on="account_no")
    return set(paid.group_by("customer_no").len().filter(pl.col("len") >= 3)["customer_no"])


def complex_need(book: Book) -> set[str]:
    """H19: a business (owned, or loans for one looked up), and succession looked up."""
    business = with_fact(book, "owns_business", "true") | lookups(book, "business_loan", days=60, least=3)
    return business & lookups(book, "succession", days=60, least=3)


def large_outflow(book: Book) -> set[str]:
    """H25: a day of the last week with 50,000 or more to strangers, three times the largest such day before."""
    owners = book["accounts"].join(book["customers"].select("customer_no", "household_no"), on="customer_no")
    known = owners.select(pl.col("account_no").alias("counterparty_account_no"), "customer_no", "household_no")
    sent = book["transactions"].filter(pl.col("kind") == "transfer", pl.col("direction") == "debit")
    sent = sent.join(owners.select("account_no", "customer_no", "household_no"), on="account_no")
    sent = sent.join(known, on="counterparty_account_no", how="left", suffix="_to")
    strange = sent.filter(
        pl.col("customer_no_to").ne_missing(pl.col("customer_no")),
        pl.col("household_no_to").is_null() | pl.col("household_no_to").ne_missing(pl.col("household_no")),
    )
    daily = strange.group_by("customer_no", "day").agg(pl.col("amount").sum())
    recent = daily.filter(book.since(7)).group_by("customer_no").agg(pl.col("amount").max())
    past = daily.filter(~book.since(7)).group_by("customer_no").agg(pl.col("amount").max().alias("past"))
    both = recent.join(past, on="customer_no", how="left").with_columns(pl.col("past").fill_null(0))
    return set(both.filter(pl.col("amount") >= 50_000, pl.col("amount") >= pl.col("past") * 3)["customer_no"])


def high_risk_streak(book: Book) -> set[str]:
    """H26: three purchases in a row of R5 products within 90 days."""
    bought = book["transactions"].filter(pl.col("kind") == "purchase", book.since(90)).join(book["accounts"], on="account_no")
    bought = bought.join(book["products"].select("product_code", "risk_level"), on="product_code").sort("day")
    found = set()
    for (customer_no,), rows in bought.group_by("customer_no", maintain_order=True):
        high = "".join("x" if level == "R5" else "." for level in rows["risk_level"])
        if "xxx" in high:
            found.add(str(customer_no))
    return found


def has_children(book: Book) -> set[str]:
    """H18: a child under 18."""
    eighteen = f"{book.as_of.year - 18}-{book.as_of:%m-%d}"
    born = book["facts"].filter(pl.col("fact") == "child_birth_date", pl.col("value") > eighteen)
    return set(born["customer_no"])


def older_customer(book: Book) -> set[str]:
    """H18: 65 and older."""
    born_by = f"{book.as_of.year - 65}-{book.as_of:%m-%d}"
    return set(book["customers"].filter(pl.col("birth_date").dt.to_string("iso") <= born_by)["customer_no"])


DETECTORS = {
    "mortgage_bundle": mortgage_bundle,
    "education_fund": education_fund,
    "payroll": payroll,
    "executive": lambda book: with_fact(book, "employer_role", "executive"),
    "has_children": has_children,
    "older_customer": older_customer,
    "complex_need": complex_need,
    "large_outflow": large_outflow,
    "high_risk_streak": high_risk_streak,
    "university_entry": lambda book: with_fact(book, "child_university_year", str(book.as_of.year)),
}
