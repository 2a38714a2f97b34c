"""The desk's free texts, sealed: staff write names and numbers into sections and proposals, and the database shows none (H20).

A stored text is base64 of what `chassis.sealing` makes. The key file is made at the first start, while no stored text needs one.
"""

import asyncio
import base64
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, Request

from chassis.database import driver
from chassis.sealing import KeyFileUnreadable, Sealer, make_key_file, open_sealer
from chassis.service import Runtime
from chassis.settings import ServiceSettings
from gateway.settings import Settings

SECTION = "case_section"
PROPOSAL = "case_proposal"

_SEALED = "^AQ[A-Za-z0-9+/]{40,}={0,2}$"
"""How a stored text looks, for SQL: base64 that begins with the format's byte."""

_COLUMNS = {SECTION: "department", PROPOSAL: "''"}
_ANY_SEALED = "SELECT EXISTS (SELECT FROM case_section WHERE text ~ $1) OR EXISTS (SELECT FROM case_proposal WHERE text ~ $1)"


class Texts:
    """Seals and opens the texts of cases."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def sealed(self, table: str, case_id: UUID, part: str, text: str) -> str:
        """What is stored for a text; `part` is the section's department, empty for the proposal."""
        return base64.b64encode(self._sealer.seal(_place(table, case_id, part), text.encode())).decode()

    def opened(self, table: str, case_id: UUID, part: str, stored: str) -> str:
        """The text. Raises `SealBroken`."""
        return self._sealer.open(_place(table, case_id, part), base64.b64decode(stored)).decode()


def text_sealer(settings: ServiceSettings) -> Sealer:
    """The sealer of the desk's key file. Raises `KeyFileUnreadable`."""
    if not isinstance(settings, Settings):
        raise TypeError("the desk runs with the gateway's settings")
    return open_sealer(settings.text_key)


async def open_texts(runtime: Runtime) -> None:
    """At start: the key file is there, and texts that an earlier version stored in the clear are sealed.

    Raises `KeyFileUnreadable`: a new key would open none of the sealed texts.
    """
    settings = runtime.settings
    if not isinstance(settings, Settings):
        raise TypeError("the desk runs with the gateway's settings")
    async with runtime.database.begin() as session:
        connection = await driver(session)
        if not await asyncio.to_thread(settings.text_key.exists):
            if await connection.fetchval(_ANY_SEALED, _SEALED):
                raise KeyFileUnreadable(f"there is no key file at {settings.text_key}, and the database holds sealed texts")
            await asyncio.to_thread(make_key_file, settings.text_key)
        texts = Texts(text_sealer(settings))
        for table, part in _COLUMNS.items():
            await _seal_clear(connection, texts, table, part)


async def _seal_clear(connection: asyncpg.Connection, texts: Texts, table: str, part: str) -> None:
    rows = await connection.fetch(
        f"SELECT case_id, {part} AS part, text FROM {table} WHERE text !~ $1 FOR UPDATE",  # noqa: S608  # our own names
        _SEALED,
    )
    await connection.execute(
        f"UPDATE {table} s SET text = u.text FROM unnest($1::uuid[], $2::text[], $3::text[]) AS u(case_id, part, text) "  # noqa: S608
        f"WHERE s.case_id = u.case_id AND {part} = u.part",
        [row["case_id"] for row in rows],
        [row["part"] for row in rows],
        [texts.sealed(table, row["case_id"], row["part"], row["text"]) for row in rows],
    )


def _place(table: str, case_id: UUID, part: str) -> str:
    return f"{table}|text|{case_id}|{part}"


async def _of_request(request: Request) -> Texts:
    return Texts(text_sealer(request.app.state.runtime.settings))


TextsDep = Annotated[Texts, Depends(_of_request)]
"""The desk's texts, with the key of this gateway."""
