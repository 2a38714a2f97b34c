"""Test data of the tree: logs, keys and what others would compute."""

import contextlib
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.database import Database
from services.compliance import actions
from services.compliance.audit_tree.keys import Signer
from services.compliance.audit_tree.rules.hashing import root_of
from tests.services.compliance.builders import NOON, act

ORIGIN = "bank.example/audit"


def signer(origin: str = ORIGIN) -> Signer:
    """A key of its own."""
    return Signer.of(Ed25519PrivateKey.generate(), origin)


@contextlib.asynccontextmanager
async def fresh_log(servers) -> AsyncIterator[Database]:
    """An empty log of its own."""
    url = await servers.database("compliance")
    database = Database(url, service="compliance")
    await database.open()
    try:
        yield database
    finally:
        await database.close()
        await servers.drop(url)


async def recorded(database: Database, count: int, *, now: datetime = NOON, block: int = 500) -> None:
    """Append `count` acts, `block` in a transaction."""
    while count > 0:
        async with database.begin() as session:
            await actions.record(session, acts=[act() for _ in range(min(block, count))], now=now)
        count -= block


async def leaves(database: Database, size: int | None = None) -> list[bytes]:
    """The digests of the log in order."""
    rows = await database.pool.fetch("SELECT digest FROM audit_entry ORDER BY position LIMIT $1", size)
    return [row["digest"] for row in rows]


async def root(database: Database, size: int | None = None) -> bytes:
    """The root over the entries themselves, whatever the kept nodes say."""
    return root_of(await leaves(database, size))


def rewritten(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change one file of a bundle in place."""
    with zipfile.ZipFile(bundle) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    changed = change(files[name])
    assert changed != files[name]
    with zipfile.ZipFile(bundle, "w") as archive:
        for one, content in {**files, name: changed}.items():
            archive.writestr(one, content)
