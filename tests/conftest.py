"""Fixtures for all tests. Servers are real and start on first use, so pure tests never wait for them."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from chassis.service import Service
from tests.support.apps import Running, run_service
from tests.support.servers import TestServers, remove_leftovers, servers_of_this_run, state_folder_of_own
from tests.support.sessions import Sessions

# A dozen tests start whole suites, in processes of their own: where the machine forbids keeping compiled modules, each
# of those would compile every library anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Leftovers of killed runs go first; workers leave that to the run that started them."""
    if not hasattr(session.config, "workerinput"):
        remove_leftovers()


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


@pytest.fixture
async def service_session(servers: TestServers) -> AsyncIterator[Sessions]:
    """`session = await service_session("tiering")`: a session on a migrated database; all it did is rolled back at the end."""
    sessions = Sessions(servers)
    yield sessions
    await sessions.close()


class Runner(Protocol):
    """`async with running(SERVICE, retry_seconds=0.05) as service:`."""

    def __call__(
        self, service: Service, *, listening: bool = False, **settings: object
    ) -> AbstractAsyncContextManager[Running]: ...


@pytest.fixture
def running(servers: TestServers) -> Runner:
    """Runs a service on a fresh database and a fresh broker; see `tests.support.apps.run_service`."""
    return partial(run_service, servers)
