"""From a row of the feed to the event of the signal that it completes, at 100 rows a second: every row here completes one."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import httpx
import nats
import orjson
from nats.aio.msg import Msg

from chassis.clock import Clock
from chassis.ids import new_id
from contracts.events.profile import SignalRaised
from steward.suite import Suite

ROWS_PER_SECOND = 100
LOOKUPS = 5
"""The packaged rule asks for so many look-ups of mortgage rates."""
PATIENCE_SECONDS = 60


@dataclass
class Heard:
    """When the signal of each customer was heard, by the customer's number, which the evidence's ids tell."""

    at: dict[str, float] = field(default_factory=dict)

    async def hear(self, message: Msg) -> None:
        """Note the moment of one event."""
        data = orjson.loads(message.data)["data"]
        if data["kind"] == "mortgage_bundle":
            self.at.setdefault(data["evidence"]["ids"][0].removeprefix("E").rpartition("-")[0], time.perf_counter())


class Feed:
    """The feed's routes of the running suite."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, kind: str, rows: Sequence[dict[str, str]]) -> None:
        """One batch; every row must be accepted."""
        answer = (await self._client.post(f"/v1/{kind}", json={"rows": list(rows)})).raise_for_status().json()
        assert answer["refused"] == 0, answer["problems"][:1]

    async def prepare(self, names: Sequence[str], today: date) -> None:
        """Customers with a deposit and all look-ups but one."""
        yesterday = str(today - timedelta(days=1))
        await self.send("products", [{"product_code": "BENCH", "class": "demand", "currency": "CNY"}])
        person = {"id_type": "none", "birth_date": "1985-05-05", "sex": "f", "branch": "B001", "opened_on": "2020-01-01"}
        await self.send("customers/batches", [{"customer_no": name, **person} for name in names])
        account = {"product_code": "BENCH", "currency": "CNY", "opened_on": "2020-01-01"}
        await self.send("accounts", [{"account_no": f"A{name}", "customer_no": name, **account} for name in names])
        await self.send("balances", [{"account_no": f"A{name}", "day": yesterday, "balance": "90000"} for name in names])
        for number in range(LOOKUPS - 1):
            await self.send("behaviour", [look_up(name, number, today) for name in names])


def look_up(name: str, number: int, today: date) -> dict[str, str]:
    """A look-up of mortgage rates, today."""
    return {
        "event_no": f"E{name}-{number}",
        "customer_no": name,
        "at": f"{today}T00:00:01+08:00",
        "kind": "rate_lookup",
        "topic": "mortgage",
    }


async def latencies(suite: Suite, authorization: str, rows: int) -> list[float]:
    """Milliseconds from the answer to each of `rows` rows, which follows its commit at once, to hearing the event."""
    mark, today = new_id().hex[-10:], Clock().today()
    names = [f"BENCH{mark}{number}" for number in range(rows)]
    heard = Heard()
    committed: dict[str, float] = {}
    listener = await nats.connect(suite.nats_url)
    await listener.subscribe(SignalRaised.type, cb=heard.hear)
    headers = {"authorization": authorization}
    async with httpx.AsyncClient(base_url=suite.url("profile"), headers=headers, timeout=30) as client:
        feed = Feed(client)
        await feed.prepare(names, today)

        async def complete(name: str) -> None:
            await feed.send("behaviour", [look_up(name, LOOKUPS, today)])
            committed[name] = time.perf_counter()

        begun = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, name in enumerate(names):
                await asyncio.sleep(max(0, begun + number / ROWS_PER_SECOND - time.perf_counter()))
                tasks.create_task(complete(name))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not heard.at.keys() >= set(names):  # noqa: ASYNC110  # the events come from other processes
                await asyncio.sleep(0.05)
    await listener.close()
    return [max(0.0, heard.at[name] - committed[name]) * 1_000 for name in names]
