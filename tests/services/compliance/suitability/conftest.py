"""The running service, once for each file, and everybody around one customer's sale."""

import pytest

from services.compliance.main import SERVICE
from tests.services.compliance.suitability.desk import Desk
from tests.support.apps import run_service


@pytest.fixture(scope="module")
async def service(servers):
    async with run_service(servers, SERVICE) as found:
        yield found


@pytest.fixture
def desk(service):
    return Desk(service)
