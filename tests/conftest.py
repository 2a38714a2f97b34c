"""Fixtures for all tests. Servers are real and start on first use, so pure tests never wait for them."""

from collections.abc import Iterator

import pytest

from tests.support.servers import TestServers, servers_of_this_run


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """PostgreSQL and NATS of this run: `await servers.database("tiering")`, `servers.nats_url`, `servers.fresh_nats_url()`."""
    with servers_of_this_run() as running:
        yield running
