"""The unit of work of a request: one session, opened when first needed, committed before the first byte of the answer."""

from chassis.database import Database, Session


class Unit:
    """One request's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session, opened at first use."""
        if self._session is None:
            self._session = self.database.session()
        return self._session

    async def commit(self) -> None:
        """Commit what the request did, if it did anything."""
        if self._session is not None:
            await self.database.commit(self._session)

    async def rollback(self) -> None:
        """Undo what the request did."""
        if self._session is not None:
            await self._session.rollback()

    async def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        if self._session is not None:
            await self._session.close()
