"""Runs a whole suite: embedded servers, migrations, six apps in one process or in one process each."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from steward.apps import build, serving
from steward.embedded import EmbeddedServers, provision
from steward.embedded.ports import listen
from steward.failures import Failure
from steward.folder import forget_owner, sole_owner, wipe
from steward.keys import ensure_keys
from steward.migrating import upgrade_all
from steward.processes import processes
from steward.suite import APPS, HOST, STATE_FOLDER, Suite, SuiteNotRunning
from steward.timing import Steps

WATCH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. `ports` are wished for by app name; the others are the remembered ones, or free ones."""

    folder: Path = STATE_FOLDER
    host: str = HOST
    ports: Mapping[str, int] = field(default_factory=dict)
    split: bool = False
    fresh: bool = False


class PortTaken(Failure):
    """Somebody else listens on a port that was asked for by number."""


class Apps(Protocol):
    """Running apps, in this process or in others."""

    def raise_if_ended(self) -> None:
        """Raises `AppFailed` when an app is no longer there."""
        ...


@contextlib.asynccontextmanager
async def running(options: Options, steps: Steps) -> AsyncIterator[tuple[Suite, Apps]]:
    """The suite runs while the block does; then apps drain and servers stop, and the data stays.

    Raises `AlreadyRunning`, `ServerFailed`, `AppFailed`.
    """
    folder = options.folder.resolve()
    servers = EmbeddedServers(folder)
    with sole_owner(folder):
        if options.fresh:
            await asyncio.to_thread(wipe, folder)
        try:
            with steps.step("PostgreSQL and NATS"):
                await asyncio.to_thread(servers.start)
                await provision(servers.postgres, APPS)
            with bound_sockets(options) as sockets:
                suite = _describe(servers, options, sockets)
                with steps.step("migrations"):
                    await upgrade_all(suite.databases)
                async with contextlib.AsyncExitStack() as stack:
                    with steps.step("services"):
                        apps = await stack.enter_async_context(_apps(suite, sockets, split=options.split))
                    yield suite, apps
        finally:
            await asyncio.to_thread(servers.stop)
            forget_owner(folder)


async def watch(apps: Apps, stop: asyncio.Event) -> None:
    """Until `stop` is set. Raises `AppFailed` when an app ends by itself."""
    while not stop.is_set():
        apps.raise_if_ended()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WATCH_SECONDS):
                await stop.wait()


@contextlib.contextmanager
def bound_sockets(options: Options) -> Iterator[dict[str, socket.socket]]:
    """A listening socket for each app: on the wished port, the remembered one, or a free one."""
    try:
        remembered = Suite.read(options.folder).ports
    except SuiteNotRunning:
        remembered = {}
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(_bind(name, options, remembered.get(name))) for name in APPS}


def _bind(name: str, options: Options, remembered: int | None) -> socket.socket:
    wished = options.ports.get(name)
    if wished is None:
        return listen(options.host, remembered)
    bound = listen(options.host, wished)
    if wished and bound.getsockname()[1] != wished:
        bound.close()
        raise PortTaken(f"port {wished}, wished for {name}, is taken")
    return bound


def _describe(servers: EmbeddedServers, options: Options, sockets: Mapping[str, socket.socket]) -> Suite:
    ensure_keys(servers.folder / "keys")
    ports = {name: int(bound.getsockname()[1]) for name, bound in sockets.items()}
    suite = Suite.of(servers, host=options.host, ports=ports)
    suite.write()
    return suite


@contextlib.asynccontextmanager
async def _apps(suite: Suite, sockets: Mapping[str, socket.socket], *, split: bool) -> AsyncIterator[Apps]:
    if split:
        async with processes(suite, sockets) as running_processes:
            yield running_processes
    else:
        async with serving({name: build(name, suite) for name in APPS}, sockets) as running_here:
            yield running_here
