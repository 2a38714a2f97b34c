"""One request at the door: its id, its headers, its answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope, Send

from chassis.edge import REQUEST_ID
from chassis.ids import new_id
from chassis.problems import Refusal
from chassis.telemetry import current_traceparent
from gateway.limits import Allowance

_REQUEST_ID_SHAPE = re.compile(r"[A-Za-z0-9._-]{1,64}")

SECURITY: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer."""

PRIVATE: list[tuple[bytes, bytes]] = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""On every answer that does not say otherwise: data of customers is kept by nobody on the way, and is never a page."""


class Headers:
    """Request headers, looked up by lower-case name."""

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._values = dict(raw)

    def get(self, name: str, default: str = "") -> str:
        """The value of the header, the last one where it is repeated."""
        value = self._values.get(name.encode())
        return default if value is None else value.decode("latin-1")

    def __contains__(self, name: str) -> bool:
        return name.encode() in self._values


@dataclass(slots=True)
class Exchange:
    """A request and its answer. `send` adds what every answer carries."""

    scope: Scope
    receive: Receive
    out: Send
    headers: Headers
    request_id: str
    started: bool = False
    allowance: Allowance | None = field(default=None)

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send) -> "Exchange":
        """The exchange for an ASGI call."""
        headers = Headers(scope["headers"])
        given = headers.get(REQUEST_ID)
        request_id = given if _REQUEST_ID_SHAPE.fullmatch(given) else new_id().hex
        return cls(scope, receive, send, headers, request_id)

    @property
    def target(self) -> str:
        """Path and query as they came, still encoded."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        query: bytes = self.scope.get("query_string", b"")
        return (raw + b"?" + query if query else raw).decode("latin-1")

    @property
    def address(self) -> str:
        """The caller's network address."""
        client = self.scope.get("client")
        return client[0] if client else "unknown"

    def onward(self, authorization: str) -> dict[str, str]:
        """The headers of a call made for this request."""
        headers = {"Authorization": authorization, "X-Request-ID": self.request_id}
        traceparent = current_traceparent() or self.headers.get("traceparent")
        if traceparent:
            headers["traceparent"] = traceparent
        return headers

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on, with the headers that every answer carries."""
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._complete(message.get("headers", []))}
        await self.out(message)

    def _complete(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [pair for pair in headers if pair[0] != b"x-request-id"]
        names = {name for name, _ in kept}
        kept.extend(SECURITY)
        kept.extend(pair for pair in PRIVATE if pair[0] not in names)
        kept.append((REQUEST_ID.encode(), self.request_id.encode()))
        if self.allowance is not None:
            kept.append((b"ratelimit-limit", b"%d" % self.allowance.limit))
            kept.append((b"ratelimit-remaining", b"%d" % self.allowance.remaining))
            kept.append((b"ratelimit-reset", b"%d" % self.allowance.reset))
        return kept

    async def answer(
        self,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "application/json",
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """A whole answer."""
        fixed = [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, refusal: Refusal) -> None:
        """A problem answer; nothing once an answer has started."""
        if not self.started:
            await refusal.response(self.request_id)(self.scope, self.receive, self.send)
