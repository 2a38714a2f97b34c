"""Waiting for what will come, bounded."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 20.0


async def eventually(condition: Callable[[], object | Awaitable[object]], *, within: float = PATIENCE_SECONDS) -> None:
    """Wait until `condition` (sync or async) holds. Raises TimeoutError when it does not in time."""
    async with asyncio.timeout(within):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.02)
