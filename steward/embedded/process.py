"""What both servers need of the operating system: a lock per folder, bounded waiting, and ending processes that are ours."""

import contextlib
import fcntl
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import psutil

from steward.failures import Failure

POLL_SECONDS = 0.02


class ServerFailed(Failure):
    """An embedded server did not start or stop in time; the message holds the end of its log."""


@contextlib.contextmanager
def folder_lock(folder: Path, name: str = "lock") -> Iterator[None]:
    """Only one process at a time starts or stops the servers of a folder; the lock ends with its holder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def wait_until(condition: Callable[[], bool], *, timeout_seconds: float) -> bool:
    """Whether the condition became true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def find_process(pid_file: Path, *, name: str, argument: str) -> psutil.Process | None:
    """The live process of a pid file, if it really is the server we mean: pids are used again after a crash or a reboot."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        ours = process.name() == name and argument in process.cmdline()
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def processes_named(name: str) -> Iterator[psutil.Process]:
    """Every live process of this name that we may look at."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == name and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def processes_matching(*arguments: str) -> Iterator[psutil.Process]:
    """Every live process whose command line holds all of these arguments."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if set(arguments) <= set(process.cmdline()):
                yield process


def is_alive(process: psutil.Process) -> bool:
    """A zombie counts as gone: its parent just has not looked yet."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_all(processes: Collection[psutil.Process], *, timeout_seconds: float = 10) -> None:
    """SIGKILL for all of them at once, and wait until none is left (open files and shared memory included)."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if not wait_until(lambda: not any(map(is_alive, processes)), timeout_seconds=timeout_seconds):
        raise ServerFailed(f"processes {[process.pid for process in processes]} cannot be killed")


def log_tail(path: Path, lines: int = 15) -> str:
    """The end of a server's log, for error messages."""
    if not path.exists():
        return "(no log)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
