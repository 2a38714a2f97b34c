"""The kinds of records that can be imported, in the order in which they must come, with their columns and checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from contracts.values import ProductClass, RiskLevel, Tolerance
from services.profile.importing import forms
from services.profile.importing.documents import DOCUMENT_CHECKS
from services.profile.importing.forms import Check, Form
from services.profile.importing.policy import feed_policy
from services.profile.vocabulary import (
    BEHAVIOUR_KINDS,
    CHANNELS,
    DIRECTIONS,
    FACTS_WITH_DAY,
    ID_TYPES,
    OCCUPATIONS,
    SEXES,
    TRANSACTION_KINDS,
)


@dataclass(frozen=True)
class Column:
    """A column of a kind; the form of its values, and whether every row must have one."""

    form: Form
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of record: business key, columns, checks."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    checks: tuple[Check, ...] = field(default=())

    @property
    def required(self) -> list[str]:
        """The columns that every row must fill."""
        return [name for name, column in self.columns.items() if column.required]

    @property
    def days(self) -> frozenset[str]:
        """The columns that hold days."""
        return frozenset(name for name, column in self.columns.items() if column.form is forms.DAY)


def _must(form: Form) -> Column:
    return Column(form, required=True)


def _may(form: Form) -> Column:
    return Column(form)


def _not_after_today(name: str) -> Check:
    return Check(name, "day-in-future", "Give a day that is not after today.", lambda today: pl.col(name) > today)


_CONFIGURED = Check(
    "currency",
    "currency-not-configured",
    "Use a currency in which the bank keeps accounts; they are listed in policies/feed.yaml.",
    lambda _: ~pl.col("currency").is_in(sorted(feed_policy().currencies)),
)
_EARLIEST = date(1900, 1, 1)
CUSTOMERS = Kind(
    "customers",
    ("customer_no",),
    {
        "customer_no": _must(forms.ID),
        "name": _may(forms.text(100)),
        "id_type": _must(forms.codes(*ID_TYPES)),
        "id_number": _may(forms.ID_NUMBER),
        "phone": _may(forms.PHONE),
        "email": _may(forms.EMAIL),
        "address": _may(forms.text(300)),
        "birth_date": _must(forms.DAY),
        "sex": _must(forms.codes(*SEXES)),
        "branch": _must(forms.ID),
        "opened_on": _must(forms.DAY),
        "adviser_no": _may(forms.ID),
        "occupation": _may(forms.codes(*OCCUPATIONS)),
        "employer_no": _may(forms.ID),
        "household_no": _may(forms.ID),
        "referral_code": _may(forms.ID),
    },
    (
        Check("birth_date", "birth-date-impossible", "Give the day of birth, not later than today.",
              lambda today: ~pl.col("birth_date").is_between(_EARLIEST, today)),
        Check("opened_on", "opened-on-impossible", "Give a day between birth and today.",
              lambda today: ~pl.col("opened_on").is_between(pl.col("birth_date"), today)),
        Check("name", "identity-incomplete", "Give the name with every id_type but 'none'.",
              lambda _: (pl.col("id_type") != "none") & pl.col("name").is_null()),
        Check("id_number", "identity-incomplete", "Give id_number with every id_type but 'none'.",
              lambda _: (pl.col("id_type") != "none") & pl.col("id_number").is_null()),
        *DOCUMENT_CHECKS,
    ),
)  # fmt: skip

PRODUCTS = Kind(
    "products",
    ("product_code",),
    {
        "product_code": _must(forms.ID),
        "class": _must(forms.codes(*ProductClass)),
        "risk_level": _may(forms.codes(*RiskLevel)),
        "currency": _must(forms.CURRENCY),
        "overdraft": _may(forms.YES_OR_NO),
    },
    (_CONFIGURED,),
)

ACCOUNTS = Kind(
    "accounts",
    ("account_no",),
    {
        "account_no": _must(forms.ID),
        "customer_no": _must(forms.ID),
        "product_code": _must(forms.ID),
        "currency": _must(forms.CURRENCY),
        "opened_on": _must(forms.DAY),
        "closed_on": _may(forms.DAY),
        "card_no": _may(forms.CARD),
    },
    (
        _CONFIGURED,
        _not_after_today("opened_on"),
        Check(
            "closed_on",
            "closed-before-opened",
            "Give a day that is not before opened_on.",
            lambda _: pl.col("closed_on") < pl.col("opened_on"),
        ),
    ),
)

BALANCES = Kind(
    "balances",
    ("account_no", "day"),
    {"account_no": _must(forms.ID), "day": _must(forms.DAY), "balance": _must(forms.BALANCE)},
    (_not_after_today("day"),),
)

TRANSACTIONS = Kind(
    "transactions",
    ("transaction_no",),
    {
        "transaction_no": _must(forms.ID),
        "account_no": _must(forms.ID),
        "day": _must(forms.DAY),
        "amount": _must(forms.POSITIVE),
        "direction": _must(forms.codes(*DIRECTIONS)),
        "kind": _must(forms.codes(*TRANSACTION_KINDS)),
        "mcc": _may(forms.MCC),
        "counterparty_account_no": _may(forms.ID),
        "product_code": _may(forms.ID),
        "channel": _may(forms.codes(*CHANNELS)),
    },
    (
        _not_after_today("day"),
        Check("product_code", "product-missing", "Name the product with every purchase and redemption.",
              lambda _: pl.col("kind").is_in(["purchase", "redemption"]) & pl.col("product_code").is_null()),
    ),
)  # fmt: skip

BEHAVIOUR = Kind(
    "behaviour",
    ("event_no",),
    {
        "event_no": _must(forms.ID),
        "customer_no": _must(forms.ID),
        "at": _must(forms.MOMENT),
        "kind": _must(forms.codes(*BEHAVIOUR_KINDS)),
        "topic": _may(forms.FACT_NAME),
        "channel": _may(forms.codes(*CHANNELS)),
    },
)

FACTS = Kind(
    "facts",
    ("customer_no", "fact", "value"),
    {
        "customer_no": _must(forms.ID),
        "fact": _must(forms.FACT_NAME),
        "value": _must(forms.FACT_VALUE),
        "since": _must(forms.DAY),
    },
    (
        Check(
            "value",
            "fact-day-form",
            "Give the day of this fact, as YYYY-MM-DD.",
            lambda _: pl.col("fact").is_in(FACTS_WITH_DAY) & ~forms.is_day(pl.col("value")).fill_null(False),
        ),
        Check(
            "value",
            "fact-year-form",
            "Give the year of this fact, as YYYY.",
            lambda _: (pl.col("fact") == "child_university_year") & ~pl.col("value").str.contains(r"^[0-9]{4}$"),
        ),
    ),
)


ASSESSMENTS = Kind(
    "assessments",
    ("customer_no", "assessed_on"),
    {
        "customer_no": _must(forms.ID),
        "assessed_on": _must(forms.DAY),
        "level": _must(forms.codes(*Tolerance)),
    },
    (_not_after_today("assessed_on"),),
)

DATED = "dated"
"""A column of every kind: the day for which the row was true. Without it the day of the load counts."""


def _dated(kind: Kind) -> Kind:
    return replace(kind, columns={**kind.columns, DATED: _may(forms.DAY)}, checks=(*kind.checks, _not_after_today(DATED)))


KINDS: dict[str, Kind] = {
    kind.name: _dated(kind) for kind in (PRODUCTS, CUSTOMERS, ACCOUNTS, BALANCES, TRANSACTIONS, BEHAVIOUR, FACTS, ASSESSMENTS)
}
"""In the order of loading: what is referred to comes first."""
