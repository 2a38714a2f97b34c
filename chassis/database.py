"""The database edge: one engine for sessions, one pool of the driver for hot reads, transactions at the edge."""

import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock

Session: TypeAlias = AsyncSession
"""The unit of work that stores and actions take."""

_SERVER_SETTINGS = {
    "application_name": "steward",
    "idle_in_transaction_session_timeout": "60000",
    "lock_timeout": "10000",
    "jit": "off",
}


_DEEPEST_CAUSE = 10


def is_away(error: BaseException) -> bool:
    """Whether the error, or what it arose from, means that PostgreSQL is unreachable, stopping or starting."""
    found: BaseException | None = error
    for _ in range(_DEEPEST_CAUSE):
        if found is None:
            return False
        if _means_away(found):
            return True
        found = found.__cause__ or found.__context__
    return False


def _means_away(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # asyncpg's DataError is both: a wrong argument, not a lost connection
    return isinstance(
        error,
        OSError
        | TimeoutError
        | PoolExhausted
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError,
    )


class Database:
    """The PostgreSQL database of `service`. `url` is a plain `postgresql://` address."""

    def __init__(self, url: str, *, service: str = "", clock: Clock | None = None, connections: int = 8) -> None:
        self.url = url
        self.service = service
        self.clock = clock or Clock()
        self.on_emitted: Callable[[], None] | None = None
        self._connections = connections
        self._engine: AsyncEngine | None = None
        self._made: weakref.WeakSet[asyncpg.Connection[asyncpg.Record]] = weakref.WeakSet()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Make both pools. Connections are made at first need, so this succeeds with the server away."""
        self._engine = create_async_engine(
            make_url(self.url).set(drivername="postgresql+asyncpg"),
            pool_size=self._connections,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            pool_reset_on_return="rollback",
            connect_args={"server_settings": _SERVER_SETTINGS, "timeout": 10},
        )
        event.listen(self._engine.sync_engine, "connect", lambda connection, _: self._made.add(connection.driver_connection))
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=0,
            max_size=self._connections,
            server_settings=_SERVER_SETTINGS,
            timeout=10,
            reset=_keep,
        )

    async def close(self) -> None:
        """Close both pools. What is still in use is cut: PostgreSQL rolls it back."""
        if self._pool is not None:
            self._pool.terminate()
        if self._engine is not None:
            await self._engine.dispose()
        for connection in self._made:
            if not connection.is_closed():
                connection.terminate()

    @property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's engine."""
        if self._engine is None:
            raise RuntimeError("the database is not open")
        return self._engine

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The driver's own pool, for reads on hot paths: `await database.pool.fetchrow(...)`."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    def session(self) -> Session:
        """A session that knows the clock. The caller owns commit and close; most want `begin`."""
        session = AsyncSession(self.engine, expire_on_commit=False, autoflush=False)
        session.info.update(clock=self.clock, service=self.service)
        return session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises. Wakes the relay after commit."""
        session = self.session()
        try:
            yield session
            await self.commit(session)
        finally:
            await session.close()

    async def commit(self, session: Session) -> None:
        """Commit, then tell the relay when events were emitted."""
        await session.commit()
        if session.info.pop("emitted", False) and self.on_emitted is not None:
            self.on_emitted()

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pools, for locks and LISTEN."""
        return await asyncpg.connect(self.url, timeout=10, server_settings={"application_name": "steward"})


def _refuse_closed(connection: DBAPIConnection, *_: object) -> None:
    """A connection that PostgreSQL has closed is replaced before it is handed out: a look at its socket, no round trip."""
    raw: Any = connection  # Any: SQLAlchemy's adapter class has no public type
    if raw.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Hot reads are single statements without session state: nothing to reset, one round trip saved."""


async def driver(session: Session) -> "asyncpg.Connection[asyncpg.Record]":
    """The driver's connection inside the session's transaction, for set-based SQL and COPY.

    Rows that the session still holds must be flushed first (`await session.flush()`) to be seen.
    """
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    adapted: Any = raw.dbapi_connection  # Any: SQLAlchemy's adapter class has no public type
    if adapted._transaction is None:
        # SQLAlchemy opens the transaction with its own first statement; the driver's first statement must be inside it too.
        await adapted._start_transaction()
    return cast("asyncpg.Connection[asyncpg.Record]", raw.driver_connection)


def clock_of(session: Session) -> Clock:
    """The clock that the session's database follows."""
    clock = session.info.get("clock")
    return clock if isinstance(clock, Clock) else Clock()


def service_of(session: Session) -> str:
    """The name of the service whose database this is."""
    return str(session.info["service"])
