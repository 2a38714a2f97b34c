"""Connections to the databases of a suite, for commands that act on tables."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

from steward.cli.common import CannotDo
from steward.suite import Suite

TIMEOUT_SECONDS = 5


@contextlib.asynccontextmanager
async def connected(suite: Suite, service: str) -> AsyncIterator[asyncpg.Connection]:
    """The database of one service. Raises `CannotDo` when PostgreSQL does not answer."""
    try:
        connection = await asyncpg.connect(suite.databases[service], timeout=TIMEOUT_SECONDS)
    except OSError as error:
        raise CannotDo("PostgreSQL does not answer: start the suite with `steward up`") from error
    try:
        yield connection
    finally:
        await connection.close()
