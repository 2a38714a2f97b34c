"""The PostgreSQL and NATS that a test run starts for itself, and fresh databases on them in milliseconds."""

import asyncio
import contextlib
import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy.engine import make_url

from chassis.migrations import upgrade
from steward.embedded import EmbeddedServers, Postgres
from steward.embedded.postgres import create_database

ROOT = Path(__file__).resolve().parents[2]
NATS_ACCOUNTS = 1000


class TestServers:
    """A running pair of servers. Databases are cloned from a template that was migrated once per run."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.embedded = EmbeddedServers(folder, durable=False, nats_accounts=NATS_ACCOUNTS)
        self._numbers = itertools.count()
        self._accounts = itertools.count()
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._templates: set[str] = set()
        self._shared: dict[str, str] = {}

    @property
    def postgres(self) -> Postgres:
        """The server itself: `.url()`, `.stop()`, `.start()`, `.kill()`. Stop only a pair of your own (`servers_of_own`)."""
        return self.embedded.postgres

    @property
    def nats_url(self) -> str:
        """The broker's main account, shared by the whole run."""
        return self.embedded.nats.url()

    def fresh_nats_url(self) -> str:
        """A broker that nobody else uses: an account of its own, with its own subjects and streams."""
        return self.embedded.nats.url(next(self._accounts) % NATS_ACCOUNTS)

    async def database(self, service: str) -> str:
        """URL of a fresh database with this service's migrations applied, owned by the service's role."""
        template = f"template_{service}"
        async with self._locks[service]:
            if template not in self._templates:
                await self._make_template(service, template)
                self._templates.add(template)
            return await self._create(service, template=template)

    async def shared_database(self, service: str) -> str:
        """URL of the one database of a service in which tests only work inside a transaction that is rolled back."""
        if service not in self._shared:
            self._shared[service] = await self.database(service)
        return self._shared[service]

    async def blank_database(self, name: str = "blank") -> str:
        """URL of a fresh database without any table."""
        return await self._create(name, template=None)

    async def copy(self, url: str) -> str:
        """URL of a copy of a database that nobody is connected to, as a backup that was restored."""
        parts = make_url(url)
        assert parts.username is not None
        return await self._create(parts.username, template=parts.database)

    async def drop(self, url: str) -> None:
        """Delete a database that `database` made, and cut whoever is still in it: a run makes hundreds."""
        name = make_url(url).database
        async with self._admin() as admin:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _make_template(self, service: str, template: str) -> None:
        async with self._admin() as admin:
            await _ensure_role(admin, service)
            await create_database(admin, template, owner=service)
        await upgrade(service, self.postgres.url(template, service))

    async def _create(self, role: str, *, template: str | None) -> str:
        name = f"{role}_{next(self._numbers)}"
        async with self._admin() as admin:
            await _ensure_role(admin, role)
            await create_database(admin, name, owner=role, template=template)
        return self.postgres.url(name, role)

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[asyncpg.Connection]:
        connection: asyncpg.Connection = await asyncpg.connect(self.postgres.url())
        try:
            yield connection
        finally:
            await connection.close()


async def _ensure_role(admin: asyncpg.Connection, role: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        with contextlib.suppress(asyncpg.DuplicateObjectError):
            await admin.execute(f'CREATE ROLE "{role}" LOGIN')


@contextlib.contextmanager
def servers_of_this_run() -> Iterator[TestServers]:
    """The pair that a whole run, or one worker of it, shares, in `.steward/test-<pid>/`."""
    folder = ROOT / ".steward" / f"test-{os.getpid()}"
    try:
        with _running_pair(folder / "shared") as servers:
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def servers_of_own() -> AsyncIterator[TestServers]:
    """A pair for one test that stops or kills servers: `servers.postgres.kill()`, `servers.embedded.nats.stop()`, `.start()`.

    These calls block: from async code use `await asyncio.to_thread(...)`.
    """
    pair = _running_pair(_own_folder())
    servers = await asyncio.to_thread(pair.__enter__)
    try:
        yield servers
    finally:
        await asyncio.to_thread(pair.__exit__, None, None, None)


@contextlib.contextmanager
def state_folder_of_own() -> Iterator[Path]:
    """A folder as `.steward/` is one; whatever servers a test leaves in it are stopped."""
    folder = _own_folder()
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        EmbeddedServers(folder).destroy()
        shutil.rmtree(folder, ignore_errors=True)


_own_numbers = itertools.count()


def _own_folder() -> Path:
    return ROOT / ".steward" / f"test-{os.getpid()}" / f"own-{next(_own_numbers)}"


@contextlib.contextmanager
def _running_pair(folder: Path) -> Iterator[TestServers]:
    servers = TestServers(folder)
    servers.embedded.start()
    try:
        yield servers
    finally:
        servers.embedded.destroy()


def remove_leftovers() -> None:
    """A run that was killed could not destroy its servers."""
    for folder in (ROOT / ".steward").glob("test-*"):
        owner = folder.name.removeprefix("test-")
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            for pair in folder.iterdir():
                EmbeddedServers(pair).destroy()
            shutil.rmtree(folder, ignore_errors=True)
