"""The way through: a declared operation of a service, bytes in and bytes out."""

from collections.abc import AsyncIterator

from aiohttp import ClientResponse

from chassis.edge import too_large
from gateway.calls import Body, Calls, is_small
from gateway.exchange import Exchange
from gateway.routes import Route

PASSED_IN = ("accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match")
"""Request headers that services get to see; everything else stays at the door."""

KEPT_BACK = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "server", "date", "x-request-id", "set-cookie",
    }
)  # fmt: skip
"""Response headers that end here: hop-by-hop ones (RFC 9110, 7.6.1), and those that the door writes itself."""


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class Proxy:
    """Passes requests on and streams answers back."""

    def __init__(self, calls: Calls, *, read_seconds: float, write_seconds: float, max_body_bytes: int) -> None:
        self._calls = calls
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds
        self._most = max_body_bytes

    async def forward(self, exchange: Exchange, route: Route, authorization: str) -> None:
        """Answer `exchange` with what the service says. Raises `PeerFailed`, or `Refusal` 413 for too large a body."""
        headers = exchange.onward(authorization)
        for name in PASSED_IN:
            value = exchange.headers.get(name)
            if value:
                headers[name] = value
        quick = route.method == "GET" and not route.long
        async with self._calls.stream(
            route.service,
            route.method,
            exchange.target,
            headers=headers,
            body=self._body(exchange, headers),
            deadline_seconds=self._read_seconds if quick else self._write_seconds,
        ) as response:
            await _pass_back(exchange, response)

    def _body(self, exchange: Exchange, headers: dict[str, str]) -> Body | None:
        length = exchange.headers.get("content-length")
        if not length and "transfer-encoding" not in exchange.headers:
            return None
        if length.isdigit():
            if int(length) > self._most:
                raise too_large(self._most)
            headers["Content-Length"] = length
        return Body(_chunks(exchange, self._most))


async def _chunks(exchange: Exchange, most: int) -> AsyncIterator[bytes]:
    """The request's body as it arrives, at most `most` bytes."""
    seen, more = 0, True
    while more:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        seen += len(chunk)
        if seen > most:
            raise too_large(most)
        if chunk:
            yield chunk


async def _pass_back(exchange: Exchange, response: ClientResponse) -> None:
    headers = [(name.lower(), value) for name, value in response.raw_headers if name.lower().decode("latin-1") not in KEPT_BACK]
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    if is_small(response):
        body = await response.read()
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": body})
        return
    await exchange.send(start)
    async for chunk in response.content.iter_any():
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})
