"""The bank of `tests.gateway.bank`, opened for a test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from steward.keys import ensure_keys
from tests.gateway.bank import Bank, documents, open_bank


@pytest.fixture
def banks(running, servers, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractAsyncContextManager[Bank]]:
    """`async with banks(address_burst=2) as bank:`. The services' contracts are those of `bank.DOCUMENTS`."""
    monkeypatch.setattr("gateway.house.documents", documents)
    return partial(open_bank, running, ensure_keys(servers.embedded.folder / "keys"))


@pytest.fixture
async def bank(banks) -> AsyncIterator[Bank]:
    """A bank with the settings as they come."""
    async with banks() as opened:
        yield opened
