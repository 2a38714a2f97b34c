"""The state of a running suite, asked from each app: ready or why not, and how its pipes run."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import httpx

from steward.suite import APPS, Suite

DEADLINE_SECONDS = 5
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class AppState:
    """One app. `reasons` tells what keeps it from being ready; `counts` is empty when it does not answer."""

    name: str
    url: str
    ready: bool
    reasons: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)  # Any: JSON numbers, None where the broker did not say


async def observe(suite: Suite, names: Collection[str] = APPS) -> list[AppState]:
    """The state of these apps, asked in parallel."""
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        return list(await asyncio.gather(*(_observe_one(client, suite, name) for name in names)))


async def _observe_one(client: httpx.AsyncClient, suite: Suite, name: str) -> AppState:
    url = suite.url(name)
    try:
        ready = await client.get(f"{url}/health/ready")
        counts = await client.get(f"{url}/internal/status")
    except httpx.HTTPError as error:
        return AppState(name, url, ready=False, reasons={"http": type(error).__name__})
    known = counts.json() if counts.status_code == httpx.codes.OK else {}
    return AppState(name, url, ready.status_code == httpx.codes.OK, ready.json().get("reasons", {}), known)


async def settled(suite: Suite, names: Collection[str] = (), *, timeout_seconds: float, calm_checks: int = 3) -> bool:
    """Wait until these apps (all of them if none is named) have nothing to send and nothing to take; whether it came to that.

    Several looks in a row must agree: between two apps an event is for a moment in neither's books.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout_seconds
    calm = 0
    while calm < calm_checks and clock() < deadline:
        states = await observe(suite, names or APPS)
        calm = calm + 1 if all(map(_quiet, states)) else 0
        await asyncio.sleep(POLL_SECONDS)
    return calm >= calm_checks


def _quiet(state: AppState) -> bool:
    return all(state.counts.get(name) == 0 for name in ("outbox_lag", "consumer_lag"))
