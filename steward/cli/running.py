"""`steward up`, `steward demo` and `steward down`: run the suite, fill it with a sample bank, stop it."""

import asyncio
import contextlib
import logging
import logging.handlers
import signal
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import psutil
import typer

from steward.cli.common import CannotDo, Folder, command, console, errors
from steward.cli.steps import shown
from steward.suite import APPS, HOST, STATE_FOLDER

T = TypeVar("T")

LOG_BYTES = 10_000_000

Customers = Annotated[int, typer.Option(min=1, help="Customers of the sample bank.")]
Seed = Annotated[int, typer.Option(help="Seed of the sample bank.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(demo)
    app.command()(down)


@command
async def up(
    folder: Folder = STATE_FOLDER,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[int | None, typer.Option(help="Port of the gateway.")] = None,
    ports: Annotated[str, typer.Option(help="Ports of any apps, e.g. profile=8001,tiering=8002.")] = "",
    split: Annotated[bool, typer.Option("--split", help="One process for each app.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: delete the data of this folder first.")] = False,
    with_demo: Annotated[bool, typer.Option("--demo", help="Load a sample bank, tier it, plan its contacts, show all.")] = False,
    customers: Customers = 2000,
    seed: Seed = 1,
) -> None:
    """Start the whole suite and stay until Ctrl-C. Data is kept; ports are free ones, the same at the next start."""
    from steward.cli.showing import show_address, show_demo  # noqa: PLC0415  # what runs the suite takes a second to import
    from steward.demo import Wanted, fill  # noqa: PLC0415
    from steward.supervisor import Options, running, watch  # noqa: PLC0415

    wished = _ports(ports) | ({} if port is None else {"gateway": port})
    stop = _stop_on_signals()
    _log_to(folder / "logs" / "steward.log")
    async with contextlib.AsyncExitStack() as stack:
        with shown(errors) as steps:
            steps.seconds["program"] = time.time() - psutil.Process().create_time()
            suite, apps = await stack.enter_async_context(running(Options(folder, host, wished, split, fresh), steps))
            stack.callback(errors.print, "stopping …")
            watching = stack.enter_context(_task(watch(apps, stop)))
            if with_demo:
                filling = stack.enter_context(_task(fill(suite, Wanted(customers, seed), steps=steps)))
                await asyncio.wait([filling, watching], return_when=asyncio.FIRST_COMPLETED)
        if with_demo and filling.done():
            await show_demo(suite, filling.result(), steps)
        if not stop.is_set():
            await show_address(suite)
        await watching


@contextlib.contextmanager
def _task(work: Coroutine[object, object, T]) -> "Iterator[asyncio.Task[T]]":
    """A task that ends with the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()


@command
async def demo(folder: Folder = STATE_FOLDER, customers: Customers = 2000, seed: Seed = 1) -> None:
    """Fill a running suite with a sample bank, unless it has one, and show what came of it."""
    from steward.cli.showing import show_address, show_demo  # noqa: PLC0415
    from steward.demo import Wanted, fill  # noqa: PLC0415
    from steward.folder import running_suite  # noqa: PLC0415

    suite = running_suite(folder)
    with shown(errors) as steps:
        result = await fill(suite, Wanted(customers, seed), steps=steps)
    await show_demo(suite, result, steps)
    await show_address(suite)


@command
async def down(
    folder: Folder = STATE_FOLDER,
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete the data as well.")] = False,
) -> None:
    """Stop the suite of this folder, and what a killed one left running. Data stays unless told otherwise."""
    from steward import folder as folders  # noqa: PLC0415

    stopped = await asyncio.to_thread(folders.stop_suite, folder)
    if wipe:
        with folders.sole_owner(folder):
            await asyncio.to_thread(folders.wipe, folder)
    console.print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def _ports(text: str) -> dict[str, int]:
    try:
        found = {name: int(port) for name, port in (part.split("=") for part in text.split(",") if part)}
    except ValueError:
        raise CannotDo(f"ports are written name=number,name=number, not {text!r}") from None
    unknown = set(found) - set(APPS)
    if unknown:
        raise CannotDo(f"there is no app {', '.join(sorted(unknown))}; there are {', '.join(APPS)}")
    return found


def _stop_on_signals() -> asyncio.Event:
    """An event that SIGINT, SIGTERM and SIGHUP set. A second Ctrl-C interrupts the stopping itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ask, number)
    return stop


def _log_to(path: Path) -> None:
    """JSON logs of all apps in this process go to one file: the terminal is for people."""
    from chassis.logs import JsonFormatter, configure  # noqa: PLC0415

    configure()
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(JsonFormatter())
    logging.getLogger().handlers[:] = [handler]
