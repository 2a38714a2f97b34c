"""Calls from the gateway to the services: pooled connections, one deadline, a breaker and a retry budget for each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from contracts.values import RuleBroken
from gateway.breaker import Breaker, RetryBudget

IDEMPOTENT = frozenset({"GET", "HEAD"})
"""What may be asked twice."""

_LARGE = 256 * 1024
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)


class PeerFailed(RuleBroken):
    """A service could not be asked. `status` is what the gateway answers, `retry_after` whole seconds."""

    status: ClassVar[int] = 502
    retry_after = 1
    rule = "upstream-failed"
    fix = "Try again shortly."


class PeerUnreachable(PeerFailed):
    """The connection was refused or broke before an answer."""


class PeerResting(PeerFailed):
    """The service failed repeatedly; it is left alone for a moment."""

    status = 503
    rule = "upstream-resting"


class PeerTooSlow(PeerFailed):
    """The service did not answer before the deadline."""

    status = 504
    rule = "upstream-timeout"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a service; `body` is never parsed on the way through."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def is_json(self) -> bool:
        """A JSON answer, problems included."""
        kind = self.headers.get("Content-Type", "")
        return kind.startswith(("application/json", "application/problem+json"))


class Body:
    """A request body on its way through. `error` is what ended it early: the client's fault, not the peer's."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The chunks, once."""
        try:
            async for chunk in self._chunks:
                yield chunk
        except Exception as error:
            self.error = error
            raise


class Peer:
    """One service: where it is, and how it has been answering."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self.breaker = Breaker()
        self.budget = RetryBudget()

    def address(self, target: str) -> URL:
        """The URL of `target` (path and query as they came, already encoded)."""
        return URL(self.url + target, encoded=True)


class Calls:
    """All peers of the gateway, over one pool of connections."""

    def __init__(self, peers: Mapping[str, str], *, connections_per_peer: int = 64) -> None:
        self.peers = {name: Peer(name, url) for name, url in peers.items()}
        self._per_peer = connections_per_peer
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool; no connection is made yet."""
        # Idle connections are dropped before the services' own keep-alive (5 s) would drop them under a request.
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=self._per_peer, keepalive_timeout=4)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUT,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        # The library would ask again by itself, without a budget and for DELETE too; tests/gateway/test_calls.py notices.
        self._session._retry_connection = False

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        name: str,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        deadline_seconds: float,
        body: bytes | None = None,
    ) -> Answer:
        """The whole answer of a service within the deadline. Raises `PeerFailed`."""
        async with self.stream(name, method, target, headers=headers, deadline_seconds=deadline_seconds, body=body) as response:
            return Answer(response.status, response.headers, await response.read())

    @asynccontextmanager
    async def stream(
        self,
        name: str,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        deadline_seconds: float,
        body: bytes | Body | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer as it arrives; the deadline covers the block too. Raises `PeerFailed`, also out of the block."""
        peer = self.peers[name]
        if not peer.breaker.allow():
            error = PeerResting(f"{name} is not answering")
            error.retry_after = peer.breaker.retry_after
            raise error
        try:
            async with asyncio.timeout(deadline_seconds):
                response = await self._send(peer, method, target, headers, body)
                try:
                    peer.breaker.succeeded()
                    yield response
                finally:
                    response.release()
        except TimeoutError:
            peer.breaker.failed()
            raise PeerTooSlow(f"{name} did not answer in {deadline_seconds:g} s") from None
        except aiohttp.ClientError:
            if isinstance(body, Body) and body.error is not None:
                raise body.error from None
            peer.breaker.failed()
            raise PeerUnreachable(f"{name} could not be reached") from None

    async def _send(
        self,
        peer: Peer,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Body | None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the pool is not open")
        url = peer.address(target)
        peer.budget.called()
        try:
            return await self._session.request(method, url, headers=headers, data=body, allow_redirects=False)
        except aiohttp.ClientConnectionError:
            if method not in IDEMPOTENT or not peer.budget.spend():
                raise
        return await self._session.request(method, url, headers=headers, data=body, allow_redirects=False)


def is_small(response: aiohttp.ClientResponse) -> bool:
    """Whether the answer is best read whole."""
    return response.content_length is not None and response.content_length <= _LARGE
