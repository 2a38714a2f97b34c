"""One running service for the tests of the watch; each test has customers of its own."""

from collections.abc import AsyncIterator

import pytest

from services.compliance.main import SERVICE
from tests.support.apps import Running, run_service
from tests.support.servers import TestServers


@pytest.fixture(scope="package")
async def service(servers: TestServers) -> AsyncIterator[Running]:
    async with run_service(servers, SERVICE) as found:
        yield found
