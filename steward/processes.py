"""Apps in processes of their own, each on a socket that the supervisor bound."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping

import httpx

from steward.apps import GRACE_SECONDS, AppFailed
from steward.suite import Suite

START_SECONDS = 60
POLL_SECONDS = 0.05


class Processes:
    """One process for each app; each writes its log to `<folder>/logs/<name>.log`."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, sockets: Mapping[str, socket.socket]) -> None:
        """Start all; in sessions of their own, so that Ctrl-C reaches the supervisor alone, which then drains them."""
        self._suite.logs.mkdir(exist_ok=True)
        for name, bound in sockets.items():
            descriptor = bound.fileno()
            arguments = [name, "--folder", str(self._suite.folder), "--socket", str(descriptor)]
            with (self._suite.logs / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "steward.serve", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[descriptor],
                    start_new_session=True,
                )

    def raise_if_ended(self) -> None:
        """Raises `AppFailed` when an app is no longer there."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise AppFailed(f"{name} ended by itself: see {self._suite.logs / f'{name}.log'}")

    async def answer(self) -> None:
        """Wait until every app answers. Raises `AppFailed`, also when they take longer than `START_SECONDS`."""
        try:
            async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
                for name in self._processes:
                    while not await _alive(client, self._suite.url(name)):
                        self.raise_if_ended()
                        await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise AppFailed(f"an app did not answer within {START_SECONDS} seconds: see {self._suite.logs}") from None

    async def stop(self) -> None:
        """Drain and stop, the gateway first. Bounded: who does not end in time is killed."""
        for names in (["gateway"], [name for name in self._processes if name != "gateway"]):
            chosen = [self._processes[name] for name in names if name in self._processes]
            for process in chosen:
                process.terminate()
            await asyncio.gather(*(asyncio.to_thread(_ended, process) for process in chosen))


@contextlib.asynccontextmanager
async def processes(suite: Suite, sockets: Mapping[str, socket.socket]) -> AsyncIterator[Processes]:
    """The apps run while the block runs."""
    running = Processes(suite)
    try:
        running.start(sockets)
        await running.answer()
        yield running
    finally:
        await running.stop()


async def _alive(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/health/live")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=4 * GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
