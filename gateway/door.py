"""The one door: who calls, what they may do, and on to whoever answers. Pure ASGI around the case desk's application."""

import logging
from uuid import UUID

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.edge import too_large
from chassis.problems import Refusal, broken, from_rule
from chassis.telemetry import tracing
from contracts.desk import MeOut
from contracts.values import RuleBroken
from gateway import own
from gateway.access import Admission, AuditUnwritable
from gateway.calls import PeerFailed
from gateway.exchange import Exchange
from gateway.house import House
from gateway.limits import Allowance
from gateway.pages import POLICY, page
from gateway.proxy import ClientGone
from gateway.routes import MethodUnknown, Route, RouteUnknown
from gateway.rules.access import NotYourCustomer, OneCustomerOnly, PurposeNotAllowed, ScopeNotGranted, scopes_of
from gateway.script import AlertUnknown
from gateway.tokens import IssuerUnavailable, Principal, TokenInvalid, TokenMissing

log = logging.getLogger(__name__)

_STATUS: dict[type[RuleBroken], int] = {
    TokenMissing: 401,
    TokenInvalid: 401,
    ScopeNotGranted: 403,
    PurposeNotAllowed: 403,
    NotYourCustomer: 403,
    OneCustomerOnly: 403,
    RouteUnknown: 404,
    AlertUnknown: 404,
    MethodUnknown: 405,
    IssuerUnavailable: 503,
    AuditUnwritable: 503,
}
_HEALTH = "/health/"
"""Answered by the application behind the door without a caller."""

_INTERNAL = "/internal/"
"""The counts of the pipes: for whoever operates the suite from this machine or container, not for the bank's networks."""

_LOOPBACK = ("127.", "::1")

_DESK_BODY_BYTES = 64 * 1024


class Door:
    """Middleware that lets only declared operations pass, each for a known caller with a capability of its own."""

    def __init__(self, app: ASGIApp, *, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange.of(scope, receive, send)
        try:
            if not self._house.runtime.telemetry.enabled:
                await self._answer(exchange)
                return
            carrier = {"traceparent": exchange.headers.get("traceparent")}
            with tracing(self._house.runtime.telemetry, scope["method"], carrier):
                await self._answer(exchange)
        except RuleBroken as error:
            self._end_if_started(exchange, error)
            await exchange.refuse(_refusal(error))
        except Refusal as refusal:
            await exchange.refuse(refusal)
        except ClientGone:
            return
        except Exception as error:
            self._end_if_started(exchange, error)
            log.error("fault", exc_info=error)
            await exchange.refuse(broken())

    def _end_if_started(self, exchange: Exchange, error: Exception) -> None:
        """Half an answer cannot become a problem: the connection is cut, so that nobody takes it for whole."""
        if exchange.started:
            raise error

    async def _answer(self, exchange: Exchange) -> None:
        path: str = exchange.scope["path"]
        if path.startswith(_HEALTH) or (path.startswith(_INTERNAL) and exchange.address.startswith(_LOOPBACK)):
            await self._app(exchange.scope, exchange.receive, exchange.send)
            return
        if exchange.scope["method"] == "GET" and await self._public(exchange, path):
            return
        principal = await self._principal(exchange)
        route, parameters = self._house.routes.find(exchange.scope["method"], path)
        if route.scope is None:
            await self._me(exchange, principal)
            return
        customer_id = await self._customer(exchange, route, parameters)
        admission = await self._house.access.admit(
            principal,
            route.scope,
            customer_id=customer_id,
            purpose=exchange.headers.get("x-purpose") or None,
            reading=route.method == "GET",
            request_id=exchange.request_id,
        )
        if route.template == own.OVERVIEW and customer_id is not None:
            await self._house.overview.answer(exchange, admission, customer_id)
            return
        if route.template == own.SCRIPT and customer_id is not None:
            alert_id = _id(parameters["alert_id"], "path.alert_id")
            await self._house.script.answer(exchange, admission, customer_id, alert_id)
            return
        authorization = self._house.access.authorization(admission, audience=route.service, scope=route.scope)
        if route.service == "gateway":
            await self._desk(exchange, admission, authorization)
        else:
            await self._house.proxy.forward(exchange, route, authorization)

    async def _public(self, exchange: Exchange, path: str) -> bool:
        """Documents and pages that need no caller. Returns whether `path` was one."""
        document = self._house.files.get(path)
        shown = page(path) if document is None else None
        if document is None and shown is None:
            return False
        self._spend(exchange, self._house.addresses.take(exchange.address))
        if document is not None:
            await exchange.answer(document)
        elif shown is not None:
            policy = [(b"content-security-policy", POLICY.encode()), (b"cache-control", b"max-age=3600")]
            await exchange.answer(shown.body, content_type=shown.content_type, headers=policy)
        return True

    async def _principal(self, exchange: Exchange) -> Principal:
        """The caller, within their rate. Raises `TokenMissing`, `TokenInvalid`, `IssuerUnavailable` or `Refusal` 429."""
        scheme, _, token = exchange.headers.get("authorization").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            self._spend(exchange, self._house.addresses.take(exchange.address))
            raise TokenMissing
        principal = self._house.verifier.known(token)
        if principal is None:
            # Checking a signature costs: an address that sends bad tokens is held back before it, not after.
            self._spend(exchange, self._house.addresses.look(exchange.address))
            try:
                principal = await self._house.verifier.verify(token)
            except TokenInvalid:
                self._house.addresses.take(exchange.address)
                raise
        self._spend(exchange, self._house.principals.take(principal.subject))
        return principal

    def _spend(self, exchange: Exchange, allowance: Allowance) -> None:
        exchange.allowance = allowance
        if not allowance.allowed:
            raise Refusal(
                429,
                "rate-limit",
                title="Too many requests",
                fix="Wait the seconds in Retry-After and send the request again.",
                headers={"Retry-After": str(allowance.retry_after)},
            )

    async def _customer(self, exchange: Exchange, route: Route, parameters: dict[str, str]) -> UUID | None:
        """The customer that the operation is about. Raises `Refusal` 422 when it is no id."""
        if route.customer is None:
            return None
        if route.customer == "path":
            return _id(parameters["customer_id"], "path.customer_id")
        body = await _read(exchange)
        try:
            named = orjson.loads(body)["customer_id"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            named = None
        return _id(named, "body.customer_id")

    async def _me(self, exchange: Exchange, principal: Principal) -> None:
        policy = self._house.access.policy
        purposes = {purpose for role in principal.roles for purpose in policy.roles[role].purposes}
        me = MeOut(
            subject=principal.subject,
            roles=list(principal.roles),
            staff_no=principal.staff_no,
            branch=principal.branch,
            customer_id=principal.customer_id,
            scopes=scopes_of(policy, principal.roles),
            purposes=sorted(purposes),
        )
        await exchange.answer(me.model_dump_json().encode())

    async def _desk(self, exchange: Exchange, admission: Admission, authorization: str) -> None:
        """Hand over to the application behind the door, as to any service: with a capability instead of the token."""
        replaced = (b"authorization", b"x-request-id")
        headers = [pair for pair in exchange.scope["headers"] if pair[0] not in replaced]
        headers.append((b"authorization", authorization.encode()))
        headers.append((b"x-request-id", exchange.request_id.encode()))
        await self._app({**exchange.scope, "headers": headers}, exchange.receive, exchange.send)


def _refusal(error: RuleBroken) -> Refusal:
    if isinstance(error, PeerFailed):
        refusal = from_rule(error, error.status)
        refusal.headers = {"Retry-After": str(error.retry_after)}
        return refusal
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    refusal = from_rule(error, status)
    extra = {401: {"WWW-Authenticate": "Bearer"}, 405: {"Allow": error.detail}, 503: {"Retry-After": "1"}}
    refusal.headers = extra.get(status, {})
    return refusal


def _id(value: object, field: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise Refusal(
            422,
            "input-invalid",
            title="The input does not have its shape",
            field=field,
            fix="Name it by the id that the suite gave, a UUID.",
        ) from None


async def _read(exchange: Exchange) -> bytes:
    """The whole body, kept so that the application can read it again. Raises `Refusal` 413."""
    body, more = bytearray(), True
    while more:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _DESK_BODY_BYTES:
            raise too_large(_DESK_BODY_BYTES)
    again: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]
    receive = exchange.receive

    async def replay() -> Message:
        return again.pop() if again else await receive()

    exchange.receive = replay
    return bytes(body)
