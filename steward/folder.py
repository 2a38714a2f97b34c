"""The state folder of a suite: one owner at a time, and what to do with what a killed owner left behind."""

import contextlib
import fcntl
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from steward.embedded import EmbeddedServers
from steward.embedded.process import is_alive, kill_all, processes_matching, wait_until
from steward.failures import Failure
from steward.suite import Suite, SuiteNotRunning

STOP_SECONDS = 45
"""A supervisor that was asked to stop has this long: apps drain first, then the servers stop."""

DATA = ("postgres", "nats", "keys", "logs", "sample", "filling.json", "suite.json")
"""What belongs to a suite's data; the environment's tools in the same folder do not."""


class AlreadyRunning(Failure):
    """Another `steward up` owns this folder."""


@contextlib.contextmanager
def sole_owner(folder: Path) -> Iterator[None]:
    """Own the folder while the block runs. Raises `AlreadyRunning`. The lock goes with its holder, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "owner.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a suite is running in {folder}: see `steward status`, or end it with `steward down`") from None
        yield


def is_owned(folder: Path) -> bool:
    """Whether a supervisor is running on this folder."""
    try:
        with sole_owner(folder):
            return False
    except AlreadyRunning:
        return True


def running_suite(folder: Path) -> Suite:
    """The suite that is running in a folder. Raises `SuiteNotRunning`."""
    suite = Suite.read(folder)
    if not is_owned(folder):
        raise SuiteNotRunning(f"the suite in {folder.resolve()} has stopped: start it with `steward up`")
    return suite


def forget_owner(folder: Path) -> None:
    """Note that nobody runs the suite any more; its ports stay remembered."""
    with contextlib.suppress(SuiteNotRunning):
        replace(Suite.read(folder), pid=None).write()


def stop_suite(folder: Path) -> list[str]:
    """Stop the supervisor, its processes and the servers, as far as each still runs; the names of what was stopped."""
    folder = folder.resolve()
    stopped = []
    if folder.exists() and is_owned(folder) and _stop_owner(folder):
        stopped.append("suite")
    apps = list(processes_matching("steward.serve", str(folder)))
    if apps:
        kill_all(apps)
        stopped.append("apps")
    if EmbeddedServers(folder).stop():
        stopped.append("servers")
    forget_owner(folder)
    return stopped


def wipe(folder: Path) -> None:
    """Stop leftovers and delete the suite's data: databases, streams, keys, logs. Nothing else in the folder is touched."""
    EmbeddedServers(folder).destroy()
    for name in DATA:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _stop_owner(folder: Path) -> bool:
    pid = Suite.read(folder).pid if (folder / "suite.json").exists() else None
    if pid is None or not psutil.pid_exists(pid):
        return False
    owner = psutil.Process(pid)
    owner.send_signal(signal.SIGTERM)
    if not wait_until(lambda: not is_alive(owner), timeout_seconds=STOP_SECONDS):
        kill_all([owner])
    return True
