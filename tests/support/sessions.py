"""Sessions whose work is rolled back when the test ends, on a database that was migrated once."""

import contextlib

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.database import Database, Session
from tests.support.servers import TestServers


class Sessions:
    """Opens sessions for one test."""

    def __init__(self, servers: TestServers) -> None:
        self._servers = servers
        self._stack = contextlib.AsyncExitStack()

    async def __call__(self, service: str, *, clock: Clock | None = None) -> Session:
        """A session inside a transaction that is never committed: its commits are savepoints."""
        database = Database(await self._servers.shared_database(service), service=service, clock=clock)
        await database.open()
        self._stack.push_async_callback(database.close)
        connection = await self._stack.enter_async_context(database.engine.connect())
        transaction = await connection.begin()
        self._stack.push_async_callback(transaction.rollback)
        session = AsyncSession(bind=connection, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint")
        session.info.update(clock=database.clock, service=service)
        self._stack.push_async_callback(session.close)
        return session

    async def close(self) -> None:
        """Roll back and disconnect."""
        await self._stack.aclose()
