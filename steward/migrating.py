"""Migrations of all services: bring databases up, and check that models, migrations and revisions agree."""

import importlib
from collections.abc import Mapping

import asyncpg
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from chassis import migrations
from steward.embedded import Postgres, provision
from steward.suite import APPS


async def upgrade_all(databases: Mapping[str, str]) -> list[str]:
    """Bring every database (URL by service) to its newest revision; the services that had something to do."""
    behind = [name for name, url in databases.items() if await revision(url) != head(name)]
    for name in behind:
        await migrations.upgrade(name, databases[name])
    return behind


async def draft_revision(postgres: Postgres, service: str, message: str) -> None:
    """Write a service's next revision file from the difference between its models and its migrations so far."""
    await provision(postgres, [service])
    url = postgres.url(service, service)
    if head(service) is not None:
        await migrations.upgrade(service, url)
    number = f"{len(list(ScriptDirectory(str(migrations.folder(service))).walk_revisions())) + 1:04d}"
    await migrations.draft(service, url, message, number)


async def revision(url: str) -> str | None:
    """The revision that a database stands at, None for an empty one."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return found
    finally:
        await connection.close()


def head(service: str) -> str | None:
    """The newest revision in a service's folder."""
    return ScriptDirectory(str(migrations.folder(service))).get_current_head()


def metadata(service: str) -> sa.MetaData:
    """The tables that a service's models declare."""
    room = service if service == "gateway" else f"services.{service}"
    found: sa.MetaData = importlib.import_module(f"{room}.models").Base.metadata
    return found


async def check_all(postgres: Postgres) -> dict[str, list[str]]:
    """Migrate fresh databases on a server of its own; by service, where models and migrations differ. Empty when they agree."""
    await provision(postgres, APPS)
    found = {}
    for name in APPS:
        url = postgres.url(name, name)
        await migrations.upgrade(name, url)
        differences = await migrations.differences(url, metadata(name))
        if differences:
            found[name] = differences
    return found
