"""The master keys in use by a running service."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from chassis.database import Database
from chassis.outgoing import require
from chassis.settings import ServiceSettings
from services.profile.keys import KeysetFile, KeysetUnreadable, create_keyset
from services.profile.masters import MasterKeys
from services.profile.settings import Settings
from services.profile.transit import TransitMasters
from services.profile.vault import Vault


async def open_vault(database: Database, settings: Settings) -> Vault:
    """The vault as set; the keyset file is made when there is none and no stored customer needs the lost one.

    Raises `KeysetUnreadable`: with other keys, new records could not be found or read beside the old ones; and
    `MastersUnavailable` where a Vault holds the master keys and does not answer.
    """
    path = settings.keyset
    if not await asyncio.to_thread(path.exists):
        if await database.pool.fetchval("SELECT EXISTS (SELECT FROM data_key)"):
            raise KeysetUnreadable(f"there is no keyset file at {path}, and the database holds keys that were wrapped with it")
        if settings.masters == "keyset":
            create_keyset(path)
    return await asyncio.to_thread(vault_of, settings)


def masters_of(settings: ServiceSettings) -> MasterKeys:
    """The master keys as set, opened once for each process."""
    assert isinstance(settings, Settings)  # the service's own
    if settings.masters == "keyset":
        return _keyset(settings.keyset)
    require(settings, "vault", settings.vault_url)
    return _transit(
        settings.vault_url, settings.vault_token_file, settings.vault_key, settings.vault_mount, index_file=settings.keyset
    )


def vault_of(settings: ServiceSettings) -> Vault:
    """The vault as set, for timers and requests of a service that has started."""
    assert isinstance(settings, Settings)  # the service's own
    return Vault(masters_of(settings), settings.cipher)


@cache
def _keyset(path: Path) -> KeysetFile:
    return KeysetFile(path)


@cache
def _transit(url: str, token_file: Path, key: str, mount: str, *, index_file: Path) -> TransitMasters:
    return TransitMasters(url=url, token_file=token_file, key=key, mount=mount, index_file=index_file)


async def _of_request(request: Request) -> Vault:
    return vault_of(request.app.state.runtime.settings)


VaultDep = Annotated[Vault, Depends(_of_request)]
"""The service's vault."""
