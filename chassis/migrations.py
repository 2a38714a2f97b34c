"""Migrations: each service has its own revisions for its own database. They run only when somebody asks."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

ROOT = Path(__file__).resolve().parent.parent
LOCK_TIMEOUT = "1s"


def folder(service: str) -> Path:
    """Where a service's revisions are; the gateway's stand in the gateway."""
    return ROOT / ("gateway" if service == "gateway" else f"services/{service}") / "migrations"


def config(service: str, url: str) -> Config:
    """Alembic's configuration for one service and one database."""
    found = Config()
    found.set_main_option("script_location", str(folder(service)))
    found.set_main_option("path_separator", "os")
    found.attributes["url"] = url
    return found


def run(metadata: sa.MetaData) -> None:
    """What every service's migrations/env.py calls."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run_on(connection, metadata)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if url is None:
        raise ValueError("say which database: alembic -n SERVICE -x url=postgresql://role@host/database ...")
    asyncio.run(_on_connection(url, lambda given: _run_on(given, metadata)))


def _run_on(connection: sa.Connection, metadata: sa.MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def upgrade(service: str, url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`."""
    await _with_connection(service, url, lambda settings: command.upgrade(settings, revision))


async def downgrade(service: str, url: str, revision: str) -> None:
    """Take a database down to `revision` ("base" for nothing)."""
    await _with_connection(service, url, lambda settings: command.downgrade(settings, revision))


async def draft(service: str, url: str, message: str, revision: str) -> None:
    """Write a new revision file from the difference between the models and a database."""
    await _with_connection(service, url, lambda settings: command.revision(settings, message, autogenerate=True, rev_id=revision))


async def _with_connection(service: str, url: str, act: Callable[[Config], object]) -> None:
    settings = config(service, url)

    def work(connection: sa.Connection) -> None:
        settings.attributes["connection"] = connection
        act(settings)

    await _on_connection(url, work)


async def _on_connection(url: str, work: Callable[[sa.Connection], object]) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(work)
            await connection.commit()
    finally:
        await engine.dispose()


async def differences(url: str, metadata: sa.MetaData) -> list[str]:
    """What the models say that the database does not, and the other way round; empty when they agree."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(
                lambda sync: [str(row) for row in compare_metadata(MigrationContext.configure(sync), metadata)]
            )
    finally:
        await engine.dispose()
