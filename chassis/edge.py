"""The edge of a request: its id, its trace, its one transaction, its idempotency key, and an answer for every fault."""

import asyncio
import logging
import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import idempotency
from chassis.auth import Verifier
from chassis.database import Database, is_away
from chassis.ids import new_id
from chassis.problems import Refusal, away, broken
from chassis.sealing import Sealer
from chassis.telemetry import Telemetry, tracing
from chassis.unit import Unit

log = logging.getLogger(__name__)

REQUEST_ID = "x-request-id"
_REQUEST_ID_SHAPE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SERIALIZATION = ("SerializationError", "DeadlockDetectedError", "LockNotAvailableError")


class Edge:
    """Pure ASGI middleware around a service's application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        database: Database,
        verifier: Verifier,
        telemetry: Telemetry,
        max_body_bytes: int,
        sealer: Callable[[], Sealer] | None = None,
    ) -> None:
        self._app = app
        self._database = database
        self._verifier = verifier
        self._telemetry = telemetry
        self._max_body_bytes = max_body_bytes
        self._sealer = sealer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = request_id_of(headers)
        exchange = _Exchange(Unit(self._database), request_id, send)
        scope.setdefault("state", {}).update(unit=exchange.unit, request_id=request_id)
        try:
            if not self._telemetry.enabled:
                await self._answer(scope, receive, exchange, headers)
                return
            with tracing(self._telemetry, f"{scope['method']}", headers) as span:
                await self._answer(scope, receive, exchange, headers)
                route = scope.get("route")
                span.set_attribute("http.route", getattr(route, "path", ""))
        finally:
            await asyncio.shield(exchange.unit.close())  # a cancelled request gives its connection back all the same

    async def _answer(self, scope: Scope, receive: Receive, exchange: "_Exchange", headers: Headers) -> None:
        try:
            length = headers.get("content-length", "")
            if length.isdigit() and int(length) > self._max_body_bytes:
                raise too_large(self._max_body_bytes)
            bounded = _Bounded(receive, self._max_body_bytes)
            if scope["method"] == "POST" and idempotency.HEADER in headers:
                await self._once(scope, bounded, exchange, headers)
            else:
                await self._app(scope, bounded, exchange.send)
        except Refusal as refusal:
            await exchange.instead(refusal.response(exchange.request_id))
        except Exception as error:  # noqa: BLE001  # every fault gets a problem answer and a place in the log
            await exchange.instead(_fault(error).response(exchange.request_id))

    async def _once(self, scope: Scope, receive: Receive, exchange: "_Exchange", headers: Headers) -> None:
        body = await _whole(receive)
        capability = await self._verifier.verify(headers.get("authorization"))
        target = scope["path"] + "?" + scope.get("query_string", b"").decode()
        keyed = idempotency.Keyed.of(
            subject=capability.subject, key=headers[idempotency.HEADER], method=scope["method"], target=target, body=body
        )
        sealer = self._sealer() if self._sealer else None
        stored = await idempotency.find(exchange.unit.session, keyed, sealer)
        if stored is not None:
            answer = Response(stored.body, stored.status, {"idempotency-replayed": "true"}, stored.content_type)
            await exchange.instead(answer)
            return
        recorder = _Recorder()
        await self._app(scope, _replayed(body, receive), recorder.send)
        if recorder.status < 400:
            kept = idempotency.Stored(recorder.status, recorder.content_type, bytes(recorder.body))
            await idempotency.store(exchange.unit.session, keyed, kept, sealer)
        for message in recorder.messages():
            await exchange.send(message)


class _Exchange:
    """The answer of one request: nothing leaves before the commit, and at most one answer leaves."""

    def __init__(self, unit: Unit, request_id: str, send: Send) -> None:
        self.unit = unit
        self.request_id = request_id
        self._send = send
        self._started = False

    async def send(self, message: Message) -> None:
        """Commit (or, for an error answer, roll back) before the first byte, then pass on."""
        if message["type"] == "http.response.start":
            if message["status"] < 400:
                await self.unit.commit()
            else:
                await self.unit.rollback()
            self._started = True
            MutableHeaders(scope=message)[REQUEST_ID] = self.request_id
        await self._send(message)

    async def instead(self, response: Response) -> None:
        """Answer with `response`, undoing the request's work; nothing once an answer has started."""
        if self._started:
            return
        await self.unit.rollback()
        response.headers[REQUEST_ID] = self.request_id
        self._started = True
        await response({"type": "http"}, _nothing, self._send)


class _Bounded:
    """A receive channel that refuses a body that grows too large."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            raise too_large(self._most)
        return message


class _Recorder:
    """Keeps an answer until it may leave."""

    def __init__(self) -> None:
        self.status = 500
        self.content_type = "application/json"
        self.body = bytearray()
        self._start: Message = {}

    async def send(self, message: Message) -> None:
        """Keep one message."""
        if message["type"] == "http.response.start":
            self._start = message
            self.status = message["status"]
            self.content_type = MutableHeaders(scope=message).get("content-type", "application/json")
        else:
            self.body += message.get("body", b"")

    def messages(self) -> list[Message]:
        """The answer as two messages."""
        return [self._start, {"type": "http.response.body", "body": bytes(self.body), "more_body": False}]


def request_id_of(headers: Headers) -> str:
    """The caller's request id where it is a plain one, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _REQUEST_ID_SHAPE.fullmatch(given) else new_id().hex


def too_large(most: int) -> Refusal:
    """The answer to a body over the limit."""
    return Refusal(413, "body-too-large", title="The body is too large", fix=f"Send at most {most} bytes; split the batch.")


def _fault(error: Exception) -> Refusal:
    name = type(getattr(getattr(error, "orig", None), "__cause__", None) or error).__name__
    if is_away(error) or name in _SERIALIZATION:
        log.warning("database away or busy", extra={"error": name})
        return away("The database is away or busy.")
    log.error("fault", exc_info=error)
    return broken()


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
