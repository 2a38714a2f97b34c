"""One batch of checked rows on its way into the database: learn what it refers to, make it ready, write it."""

import asyncio
from dataclasses import dataclass, replace

import polars as pl

from chassis.database import Session, driver
from services.profile.importing.accounts import sealed_accounts
from services.profile.importing.customers import Known, ReadyCustomers, learn_customers, ready_customers, write_customers
from services.profile.importing.loading import Loader, Written
from services.profile.importing.preparing import Ready, learn, ready
from services.profile.importing.references import CUSTOMER, References
from services.profile.importing.targets import TARGETS
from services.profile.vault import Vault

_STANDING = "SELECT (SELECT count(*) FROM merge) + (SELECT count(*) FROM customer WHERE forgotten_at IS NOT NULL)"


@dataclass(frozen=True)
class Loaded:
    """What became of a batch, the problems of rows that were refused on the way, and the accounts or customers of the others."""

    written: Written
    problems: pl.DataFrame
    owners: pl.Series


class Loading:
    """The batches of one file, or of one call of the API, of one kind."""

    def __init__(self, kind: str, vault: Vault) -> None:
        self.kind = kind
        self._vault = vault
        self._references = References()
        self._standing = 0
        self._loader = None if kind == "customers" else Loader(TARGETS[kind])

    @property
    def in_order(self) -> bool:
        """Whether a batch must not be made ready before the one before it is in: accounts are sealed for the id that is
        stored."""
        return self.kind == "accounts"

    async def ready(self, session: Session, rows: pl.DataFrame) -> Ready | ReadyCustomers:
        """Make checked rows ready. The processor's work is done in a thread."""
        if self.kind == "customers":
            known: Known = await learn_customers(session, rows, self._vault)
            return await asyncio.to_thread(ready_customers, rows, known, self._vault)
        standing = await self._standing_now(session)
        if standing != self._standing:  # what is remembered of customers may be true no more
            self._standing, self._references = standing, References()
        return await self._ready(session, rows, self._references, standing)

    async def _ready(self, session: Session, rows: pl.DataFrame, references: References, standing: int) -> Ready:
        await learn(await driver(session), self.kind, rows, references)
        if self.kind == "accounts":
            rows = await sealed_accounts(session, rows, self._vault)
        return replace(await asyncio.to_thread(ready, self.kind, rows, references, self._vault), standing=standing)

    async def _standing_now(self, session: Session) -> int:
        """How many customers were merged or forgotten so far; 0 for kinds that do not name customers."""
        if CUSTOMER not in TARGETS[self.kind].references:
            return 0
        return int(await (await driver(session)).fetchval(_STANDING))

    async def load(self, session: Session, rows: pl.DataFrame, made: Ready | ReadyCustomers | None = None) -> Loaded:
        """Write rows in the caller's transaction; `made` is what `ready` made of them earlier."""
        made = made or await self.ready(session, rows)
        if isinstance(made, Ready):
            assert self._loader is not None  # every kind but customers has one
            standing = await self._standing_now(session)
            if standing != made.standing:  # rows of a person who was forgotten meanwhile must not come back
                made = await self._ready(session, rows, References(), standing)
            return Loaded(await self._loader.write(session, made), made.problems, made.owners)
        written = await write_customers(session, made)
        while written is None:  # somebody else was faster; the lock is ours now
            known = await learn_customers(session, rows, self._vault)
            made = await asyncio.to_thread(ready_customers, rows, known, self._vault)
            written = await write_customers(session, made)
        return Loaded(written, made.problems, pl.Series(dtype=pl.Binary))
