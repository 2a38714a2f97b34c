"""Rows that are measured on a running suite whose parts have a process each: requests, events, signals."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx
import orjson

from chassis.auth import Capability, mint
from chassis.ids import new_id
from contracts.values import Purpose, Reach, Role, Scope
from gateway.issuer import load_key
from gateway.overview import SECTIONS
from steward.embedded.ports import free_port
from steward.suite import Suite
from steward.tokens import local_token
from tests.bench import events, signals
from tests.bench.load import Measured, Target, compare, percentile
from tests.bench.row import Row, Size, empty_database


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for whom."""

    customer: UUID
    token: str

    @classmethod
    async def of(cls, suite: Suite) -> "Asked":
        """A compliance officer, who sees every section, and the first customer."""
        token = local_token(suite.folder, roles=[Role.COMPLIANCE], subject="officer")
        async with httpx.AsyncClient(base_url=suite.url("gateway"), headers={"authorization": f"Bearer {token}"}) as client:
            page = (await client.get("/v1/customers", params={"limit": 1})).raise_for_status().json()
            customer = UUID(page["items"][0]["customer_id"])
            return cls(customer, f"Bearer {token}")


def direct(suite: Suite, service: str, scope: Scope, customer: UUID) -> str:
    """The capability with which the gateway would call a service."""
    key = load_key(suite.keys.capability_key)
    capability = Capability("bench", (Role.OPERATOR,), frozenset({scope}), Purpose.OPERATIONS, Reach.ONE, customer)
    return "Bearer " + mint(key, capability, audience=service, seconds=3_600)


@contextlib.asynccontextmanager
async def bare_overview(suite: Suite, customer: UUID) -> AsyncIterator[str]:
    """The bare aiohttp program, in a process of its own."""
    calls = [
        {
            "url": suite.url(section.service) + section.path.format(customer),
            "authorization": direct(suite, section.service, section.scope, customer),
        }
        for section in SECTIONS
    ]
    port = free_port("127.0.0.1")
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", str(port)], stdin=subprocess.PIPE)  # noqa: ASYNC220
    assert process.stdin is not None
    process.stdin.write(orjson.dumps(calls))
    process.stdin.close()
    try:
        url = f"http://127.0.0.1:{port}/overview"
        async with httpx.AsyncClient() as client, asyncio.timeout(20):
            while not await _answers(client, url):  # noqa: ASYNC110  # it says nothing when it is up
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def http_rows(suite: Suite, size: Size) -> list[Row]:
    """The overview and a proxied read."""
    asked = await Asked.of(suite)
    overview = Target(f"{suite.url('gateway')}/v1/customers/{asked.customer}/overview", asked.token)
    tier = f"/v1/customers/{asked.customer}/tier"
    proxied = Target(suite.url("gateway") + tier, asked.token)
    straight = Target(suite.url("tiering") + tier, direct(suite, "tiering", Scope.TIER_READ, asked.customer))
    async with bare_overview(suite, asked.customer) as url:
        ours, limit = await _compared(overview, Target(url), size, connections=16)
    rows = [Row("customer overview", "requests/s", ours.per_second, limit.per_second, "bare aiohttp, same 5 calls", 0.6)]
    ours, limit = await _compared(proxied, straight, size, connections=16)
    rows.append(Row("proxied read, rate", "requests/s", ours.per_second, limit.per_second, "the service asked directly", 0.55))
    ours, limit = await _compared(proxied, straight, size, connections=1)
    rows.append(Row("proxied read, p50", "ms", ours.p50_ms, limit.p50_ms, "the service asked directly", 2.0, at_most=True))
    return rows


async def _compared(ours: Target, limit: Target, size: Size, *, connections: int) -> tuple[Measured, Measured]:
    return await compare(ours, limit, seconds=size.seconds, rounds=size.rounds, connections=connections)


async def event_rows(suite: Suite, size: Size) -> list[Row]:
    """From a commit in profile to a plan in outreach."""
    bare_url = suite.databases["gateway"]
    async with (
        events.profile_of(suite) as profile,
        events.plans_of(suite) as (plans, told),
        events.BareHops.opened(bare_url, suite.nats_url) as bare,
    ):
        new = iter(await events.known_customers(profile, plans, size.latencies + events.WARM_UP))
        ours, limit = await events.latencies(
            lambda: events.through_the_suite(profile, told, next(new)), bare.once, size.latencies
        )
        (p50, p99), (bare_p50, bare_p99) = events.p50_and_p99(ours), events.p50_and_p99(limit)
        what = "three commits and two JetStream hops"
        rows = [
            Row("commit to plan, p50", "ms", p50, bare_p50, what, 4.0, at_most=True),
            Row("commit to plan, p99", "ms", p99, bare_p99, what, 12.0, at_most=True),
        ]
        drained = await events.drain_the_suite(profile, plans, size.drained)
    alone = await events.relay_alone(await empty_database(), suite.nats_url, size.relayed)
    return [*rows, Row("backlog drained to plans", "events/s", drained, alone, "the relay alone", 0.3)]


async def signal_rows(suite: Suite, size: Size) -> list[Row]:
    """From a row of the feed to the signal that it completes, at 100 rows a second."""
    took = await signals.latencies(suite, direct(suite, "profile", Scope.PROFILE_FEED, new_id()), size.streamed)
    what = "the goal, 2 s at 100 rows/s"
    return [Row(f"row to signal, p{rank}", "ms", percentile(took, rank), 2_000, what, 1.0, at_most=True) for rank in (50, 99)]


MAKERS: Final[tuple[Callable[[Suite, Size], Awaitable[list[Row]]], ...]] = (http_rows, event_rows, signal_rows)
