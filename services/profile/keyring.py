"""The keyset in use by a running service."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from chassis.database import Database
from services.profile.keys import KeysetUnreadable, create_keyset, open_keyset
from services.profile.vault import Vault


async def open_vault(database: Database, path: Path) -> Vault:
    """The vault of the keyset file; the file is made when there is none and no stored customer needs the lost one.

    Raises `KeysetUnreadable`: with other keys, new records could not be found or read beside the old ones.
    """
    if not await asyncio.to_thread(path.exists):
        if await database.pool.fetchval("SELECT EXISTS (SELECT FROM data_key)"):
            raise KeysetUnreadable(f"there is no keyset file at {path}, and the database holds keys that were wrapped with it")
        create_keyset(path)
    return _vault(path)


@cache
def _vault(path: Path) -> Vault:
    return Vault(open_keyset(path))


def _of_request(request: Request) -> Vault:
    return _vault(request.app.state.runtime.settings.keyset)


VaultDep = Annotated[Vault, Depends(_of_request)]
"""The service's vault."""
