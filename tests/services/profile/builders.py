"""Test data of profile: one small builder per noun."""

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from services.profile.keys import Keyset, new_keyset
from services.profile.vault import Identity, Vault

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
KEYSET: Keyset = new_keyset()
VAULT = Vault(KEYSET)

PHONE = "13812345678"
CARD = "6228480402564890018"


def resident_id(birth_date: date = date(1990, 3, 7), *, sex: str = "m", number: int = 1) -> str:
    """A valid resident identity number of GB 11643; `number` tells people of one day apart."""
    order = number * 2 + (1 if sex == "m" else 0)
    body = f"110101{birth_date:%Y%m%d}{order:03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def identity(**changes: str | None) -> Identity:
    """A person's identity in stored form."""
    known: dict[str, str | None] = {
        "id_type": "resident_id",
        "name": "王小明",
        "id_number": resident_id(),
        "phone": "+86" + PHONE,
        "email": "xiaoming@example.com",
        "address": "北京市东城区景山前街4号",
    }
    return Identity(**{**known, **changes})  # type: ignore[arg-type]  # values of the right kind by construction


def registration(**changes: object) -> dict[str, object]:
    """The body of POST /v1/customers."""
    return {
        "customer_no": "C1",
        "name": "王小明",
        "id_type": "resident_id",
        "id_number": resident_id(),
        "phone": PHONE,
        "birth_date": "1990-03-07",
        "sex": "m",
        "branch": "B001",
        "opened_on": "2020-05-01",
        **changes,
    }


def customer_row(customer_no: str = "C1", **changes: str) -> dict[str, str]:
    """A line of customers.csv; without names unless said otherwise, so that many can be made."""
    return {
        "customer_no": customer_no,
        "id_type": "none",
        "birth_date": "1990-03-07",
        "sex": "m",
        "branch": "B001",
        "opened_on": "2020-05-01",
        **changes,
    }


def account_row(account_no: str = "A1", customer_no: str = "C1", product_code: str = "DEM", **changes: str) -> dict[str, str]:
    """A line of accounts.csv."""
    return {
        "account_no": account_no,
        "customer_no": customer_no,
        "product_code": product_code,
        "currency": "CNY",
        "opened_on": "2020-05-01",
        **changes,
    }


PRODUCTS = [
    {"product_code": "DEM", "class": "demand", "risk_level": "", "currency": "CNY"},
    {"product_code": "FUN", "class": "fund", "risk_level": "R3", "currency": "CNY"},
    {"product_code": "BOLD", "class": "fund", "risk_level": "R5", "currency": "CNY"},
    {"product_code": "PRI", "class": "private_fund", "risk_level": "R4", "currency": "CNY"},
    {"product_code": "LOAN", "class": "business_loan", "risk_level": "", "currency": "CNY"},
    {"product_code": "MOR", "class": "mortgage", "risk_level": "", "currency": "CNY"},
]


def balance_row(day: str, balance: str, account_no: str = "A1") -> dict[str, str]:
    """A line of balances.csv."""
    return {"account_no": account_no, "day": day, "balance": balance}


def transaction_row(transaction_no: str, day: str, amount: str, **changes: str) -> dict[str, str]:
    """A line of transactions.csv: a transfer out of A1 unless said otherwise."""
    return {
        "transaction_no": transaction_no,
        "account_no": "A1",
        "day": day,
        "amount": amount,
        "direction": "debit",
        "kind": "transfer",
        **changes,
    }


def behaviour_row(event_no: str, at: str, topic: str, *, kind: str = "rate_lookup", customer_no: str = "C1") -> dict[str, str]:
    """A line of behaviour.csv."""
    return {"event_no": event_no, "customer_no": customer_no, "at": at, "kind": kind, "topic": topic, "channel": "app"}


def fact_row(fact: str, value: str, since: str = "2024-01-01", customer_no: str = "C1") -> dict[str, str]:
    """A line of facts.csv."""
    return {"customer_no": customer_no, "fact": fact, "value": value, "since": since}


def write(folder: Path, **kinds: Iterable[Mapping[str, str]]) -> Path:
    """A folder with a CSV file for each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, given in kinds.items():
        rows = list(given)
        names = list(dict.fromkeys(name for row in rows for name in row))
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    return folder
