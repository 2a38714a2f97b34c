"""One app in a process of its own: `python -m steward.serve NAME --folder .steward --socket FD`; started by the supervisor."""

import argparse
import asyncio
import os
import signal
import socket
from pathlib import Path

from chassis import logs
from steward.apps import build, serving
from steward.loop import run
from steward.suite import Suite

PARENT_SECONDS = 0.5


async def serve(name: str, folder: Path, descriptor: int) -> None:
    """Serve until SIGTERM or SIGINT comes, or the supervisor is gone."""
    parent = os.getppid()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = build(name, Suite.read(folder))
    logs.configure(app.state.runtime.settings.log_level)
    async with serving({name: app}, {name: socket.socket(fileno=descriptor)}) as running:
        while not stop.is_set() and os.getppid() == parent:
            running.raise_if_ended()
            await asyncio.wait([asyncio.create_task(stop.wait())], timeout=PARENT_SECONDS)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    given = parser.parse_args()
    run(serve(given.name, given.folder, given.socket))


if __name__ == "__main__":
    main()
