"""One running profile service for all tests of people's rights: each test makes customers of its own."""

import itertools
from dataclasses import dataclass
from uuid import UUID

import orjson
import pytest

from contracts.values import Reach, Role, Scope
from services.profile.main import SERVICE
from services.profile.vault import WrappedKey
from tests.services.profile.builders import PRODUCTS, account_row, registration, resident_id
from tests.support.apps import Running, run_service

_numbers = itertools.count(1)


@dataclass
class Desk:
    """What staff do at the running service."""

    running: Running

    async def call(self, method, path, body=None, *, scope, **token):
        """Any request, by an adviser unless said; the answer as it is."""
        token.setdefault("roles", [Role.ADVISER])
        return await self.running.client.request(method, path, json=body, headers=self.running.headers(scope, **token))

    async def done(self, method, path, body=None, *, scope, **token):
        """A request that has to succeed; its JSON."""
        answer = await self.call(method, path, body, scope=scope, **token)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def refused(self, method, path, body=None, *, scope, **token):
        """A request that has to fail; status, rule, detail."""
        problem = (await self.call(method, path, body, scope=scope, **token)).json()
        return problem["status"], problem["rule"], problem.get("detail", "")

    async def register(self, **changes) -> tuple[UUID, str]:
        """A new customer: id and customer number."""
        number = next(_numbers)
        body = {"customer_no": f"R{number}", "id_number": resident_id(number=number), "phone": f"138{number:08d}", **changes}
        made = await self.done("POST", "/v1/customers", registration(**body), scope=Scope.PROFILE_WRITE)
        return UUID(made["customer_id"]), body["customer_no"]

    async def account(self, customer_no, account_no, **changes):
        """An account through the core bank's feed."""
        product = {name: value for name, value in PRODUCTS[0].items() if value}
        await self.done("POST", "/v1/products", {"rows": [product]}, scope=Scope.PROFILE_FEED)
        out = await self.done(
            "POST", "/v1/accounts", {"rows": [account_row(account_no, customer_no, **changes)]}, scope=Scope.PROFILE_FEED
        )
        assert out["refused"] == 0, out

    async def told(self, subject, customer):
        """The data of a customer's events of one type."""
        rows = await self.running.database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
        found = [orjson.loads(row["payload"])["data"] for row in rows]
        return [event for event in found if event["customer_id"] == str(customer)]

    async def row(self, customer):
        """A customer's row with its key, as it lies in the database."""
        return await self.running.database.pool.fetchrow(
            "SELECT c.*, k.version AS key_version, k.master_version, k.wrapped FROM customer c"
            " LEFT JOIN data_key k ON k.customer_id = c.id WHERE c.id = $1",
            customer,
        )


def key_of(row) -> WrappedKey:
    """The wrapped key in a row."""
    return WrappedKey(row["key_version"], row["master_version"], row["wrapped"])


@pytest.fixture(scope="package")
async def desk(servers):
    async with run_service(servers, SERVICE) as running:
        yield Desk(running)


ALL = {"reach": Reach.ALL}
