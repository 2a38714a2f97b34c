"""Fixtures of profile's tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest

from chassis.database import Database
from services.profile.importing import ImportReport, import_directory
from tests.services.profile.builders import KEYSET, NOW, PRODUCTS, write
from tests.support.servers import TestServers

Load = Callable[..., Awaitable[ImportReport]]


@pytest.fixture
async def database(servers: TestServers) -> AsyncIterator[Database]:
    """A fresh migrated database of profile."""
    database = Database(await servers.database("profile"), service="profile")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Load:
    """`await load(customers=[...], balances=[...])`: those rows as CSV files, imported; the products are always there."""

    async def run(*, dry_run: bool = False, **kinds: Iterable[Mapping[str, str]]) -> ImportReport:
        folder = write(tmp_path / "bank", **{"products": PRODUCTS, **kinds})
        for file in folder.iterdir():
            if file.stem not in {"products", *kinds}:
                file.unlink()
        return await import_directory(database, folder, now=NOW, keyset=KEYSET, dry_run=dry_run)

    return run
