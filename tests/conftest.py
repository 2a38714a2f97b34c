"""Fixtures for all tests. Servers are real and start on first use, so pure tests never wait for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import TestServers, servers_of_this_run, state_folder_of_own


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """PostgreSQL and NATS of this run: `await servers.database("tiering")`, `servers.nats_url`, `servers.fresh_nats_url()`."""
    with servers_of_this_run() as running:
        yield running


@pytest.fixture
def state_folder() -> Iterator[Path]:
    """An empty folder as `.steward/` is one; servers left in it are stopped at the end."""
    with state_folder_of_own() as folder:
        yield folder
