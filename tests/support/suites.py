"""The whole suite as a person starts it, in a process of its own: `steward up`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from steward.folder import running_suite, stop_suite
from steward.suite import APPS, Suite, SuiteNotRunning
from tests.support.servers import ROOT

START_SECONDS = 60
STOP_SECONDS = 45


class StartedSuite:
    """A `steward up` on one state folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "steward.cli", "up", "--folder", str(folder), *arguments]
        self._output = (folder / "output").open("wb")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self._output, stderr=self._output, start_new_session=True)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return (self.folder / "output").read_text()

    def ready(self) -> Suite:
        """Wait until every app is ready."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(SuiteNotRunning, httpx.HTTPError):
                suite = running_suite(self.folder)
                if suite.pid == self.process.pid and all(_ready(suite, name) for name in APPS):
                    return suite
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"steward up did not become ready: {self.output}")
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL for the supervisor alone."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End whatever is left."""
        if self.process.poll() is None:
            self.kill()
        self._output.close()
        stop_suite(self.folder)


@contextlib.contextmanager
def started(folder: Path, *arguments: str) -> Iterator[StartedSuite]:
    """`steward up` while the block runs."""
    suite = StartedSuite(folder, *arguments)
    try:
        yield suite
    finally:
        suite.close()


def steward(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Another command of the command line on the same folder."""
    environment = os.environ | {"STEWARD_FOLDER": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "steward.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100)


def _ready(suite: Suite, name: str) -> bool:
    return httpx.get(f"{suite.url(name)}/health/ready", timeout=5).status_code == httpx.codes.OK
