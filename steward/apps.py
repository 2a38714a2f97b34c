"""Builds and serves the apps of a suite; many in one process, or one in each."""

import asyncio
import contextlib
import importlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping

import uvicorn
from fastapi import FastAPI

from steward.failures import Failure
from steward.suite import SERVICES, Suite

GRACE_SECONDS = 5
"""How long running requests may take to end when an app stops."""


class AppFailed(Failure):
    """An app did not start, or ended by itself; its log tells why."""


def build(name: str, suite: Suite) -> FastAPI:
    """The FastAPI app of a service or the gateway, with its settings for this suite."""
    room = name if name == "gateway" else f"services.{name}"
    settings = importlib.import_module(f"{room}.settings").Settings(**settings_of(name, suite))
    app: FastAPI = importlib.import_module(f"{room}.main").create_app(settings)
    return app


def settings_of(name: str, suite: Suite) -> dict[str, object]:
    """What differs from the defaults on this machine; everything else can still be set in the environment."""
    return {
        "database_url": suite.databases[name],
        "nats_url": suite.nats_url,
        "host": suite.host,
        "port": suite.ports[name],
        "capability_jwks": suite.keys.capability_jwks,
        **_own_settings(name, suite),
    }


def _own_settings(name: str, suite: Suite) -> dict[str, object]:
    if name == "profile":
        return {"keyset": suite.keys.keyset}
    if name == "compliance":
        return {"audit_key": suite.keys.audit_key}
    if name == "gateway":
        peers = {f"{service}_url": suite.url(service) for service in SERVICES}
        keys = suite.keys
        own = {"capability_key": keys.capability_key, "issuer_key": keys.issuer_key, "text_key": keys.text_key}
        return {**own, **peers}
    return {}


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has one owner of signals, not six."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """Apps that listen. `ended` is set when one ends by itself."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._servers: dict[str, _Server] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, apps: Mapping[str, FastAPI], sockets: Mapping[str, socket.socket]) -> None:
        """Start all at once and wait until each answers. Raises `AppFailed`."""
        for name, app in apps.items():
            config = uvicorn.Config(
                app,
                http="httptools",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
            self._servers[name] = _Server(config)
            self._tasks[name] = asyncio.create_task(self._servers[name].serve([sockets[name]]), name=name)
            self._tasks[name].add_done_callback(lambda _: self.ended.set())
        while not all(server.started for server in self._servers.values()):
            self.raise_if_ended()
            await asyncio.sleep(0.01)

    def raise_if_ended(self) -> None:
        """Raises `AppFailed` when an app is no longer there."""
        for name, task in self._tasks.items():
            if task.done():
                error = None if task.cancelled() else task.exception()
                raise AppFailed(f"{name} ended by itself") from error

    async def stop(self) -> None:
        """Drain and stop: the gateway first, so that nothing new comes in, then the rest together. Bounded."""
        first = [name for name in self._servers if name == "gateway"]
        for chosen in (first, [name for name in self._servers if name not in first]):
            for name in chosen:
                self._servers[name].should_exit = True
            if chosen:
                await asyncio.wait([self._tasks[name] for name in chosen], timeout=3 * GRACE_SECONDS)
        for task in self._tasks.values():
            task.cancel()


@contextlib.asynccontextmanager
async def serving(apps: Mapping[str, FastAPI], sockets: Mapping[str, socket.socket]) -> AsyncIterator[Serving]:
    """Apps listen while the block runs."""
    running = Serving()
    try:
        await running.start(apps, sockets)
        yield running
    finally:
        await running.stop()
