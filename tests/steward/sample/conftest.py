"""One bank for all tests that only read: two blocks of customers, so Parquet comes in part files."""

from datetime import date
from pathlib import Path

import pytest

from steward.sample import Summary, generate
from tests.steward.sample.book import Book, read

AS_OF = date(2026, 3, 18)
"""A day whose nine months hold 11.11, National Day, a new year's salaries and the Spring Festival."""
CUSTOMERS = 1_200


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return generate(tmp_path_factory.mktemp("bank"), customers=CUSTOMERS, seed=7, as_of=AS_OF)


@pytest.fixture(scope="session")
def book(made: Summary) -> Book:
    return read(Path(made.out), AS_OF)
