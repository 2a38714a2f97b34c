"""Five small services behind a real door: real sockets, real capabilities, answers as a test wants them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import orjson
from starlette.types import Receive, Scope, Send

from chassis.auth import Capability, CapabilityVerifier
from chassis.problems import Refusal
from contracts.values import Role
from gateway.issuer import load_key, mint
from gateway.main import SERVICE
from gateway.routes import SERVICES
from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.values import ContentKind
from steward.apps import serving
from steward.embedded.ports import listen
from steward.keys import KeyFiles
from tests.support.apps import Running

CUSTOMER = UUID("0190a000-0000-7000-8000-000000000001")
STRANGER = UUID("0190a000-0000-7000-8000-000000000002")


def access(scope: str | None) -> dict:
    return {"x-access": {"scope": scope}, "responses": {"200": {"description": "ok"}}}


DOCUMENTS = {
    "profile": {
        "/v1/customers": {"get": access("profile.read"), "post": access("profile.feed")},
        "/v1/customers/registrations": {"post": access("profile.write")},
        "/v1/customers/search": {"post": access("profile.search")},
        "/v1/customers/{customer_id}": {"get": access("profile.read"), "patch": access("profile.write")},
        "/v1/transactions": {"post": access("profile.feed")},
        "/v1/access/decisions": {"post": access("access.decide")},
        "/internal/secret": {"get": access(None)},
    },
    "tiering": {"/v1/customers/{customer_id}/tier": {"get": access("tier.read")}, "/v1/packages": {"get": access("tier.read")}},
    "outreach": {"/v1/customers/{customer_id}/plan": {"get": access("plan.read")}},
    "compliance": {
        "/v1/customers/{customer_id}/audit": {"get": access("audit.read")},
        "/v1/audit/export": {"get": access("audit.export") | {"x-long": True}},
    },
    "referral": {"/v1/customers/{customer_id}/points": {"get": access("referral.read")}},
}


def documents() -> dict[str, dict]:
    return {
        name: {"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": paths} for name, paths in DOCUMENTS.items()
    }


@dataclass
class Seen:
    """A request as a service got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    capability: Capability


@dataclass
class Answer:
    """What a service says, after `delay_seconds`; `hang_up` breaks the connection in the middle."""

    body: bytes = b'{"ok":true}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    hang_up: bool = False
    chunks: int = 1


class Upstream:
    """One service: verifies capabilities as every service does, remembers requests, answers what it was told to."""

    def __init__(self, name: str, keys: KeyFiles) -> None:
        self.name = name
        self.url = ""
        self.seen: list[Seen] = []
        self.answers: dict[str, Answer] = {}
        self._verifier = CapabilityVerifier.from_file(keys.capability_jwks, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            capability = await self._verifier.verify(headers.get("authorization"))
        except Refusal as refusal:
            await refusal.response()(scope, receive, send)
            return
        target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self.seen.append(Seen(scope["method"], target, headers, body, capability))
        await self._say(self._answer(scope["path"], body), send)

    def _answer(self, path: str, body: bytes) -> Answer:
        return self.answers.get(path, Answer(b'{"from":"%s"}' % self.name.encode()))

    async def _say(self, answer: Answer, send: Send) -> None:
        await asyncio.sleep(answer.delay_seconds)
        headers = {"content-type": "application/json", **answer.headers}
        length = [] if answer.chunks > 1 else [(b"content-length", b"%d" % (len(answer.body) + answer.hang_up))]
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw + length})
        for _ in range(answer.chunks):
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if answer.hang_up:
            raise ConnectionResetError
        await send({"type": "http.response.body", "body": b""})


class Profile(Upstream):
    """The service that also says who may act on whom: `allowed` is asked for each question."""

    def __init__(self, name: str, keys: KeyFiles) -> None:
        super().__init__(name, keys)
        self.allowed: Callable[[dict], bool] = lambda question: question["customer_id"] == str(CUSTOMER)
        self.questions: list[dict] = []

    def _answer(self, path: str, body: bytes) -> Answer:
        if path != "/v1/access/decisions" or path in self.answers:
            return super()._answer(path, body)
        question = orjson.loads(body)
        self.questions.append(question)
        allowed = self.allowed(question)
        return Answer(orjson.dumps({"allowed": allowed, "rule": "adviser-of-customer" if allowed else "customer-unknown"}))


class Compliance(Upstream):
    """The service that judges texts, with the real lexicon."""

    def _answer(self, path: str, body: bytes) -> Answer:
        if path != "/v1/scan" or path in self.answers:
            return super()._answer(path, body)
        scanner = shipped()
        verdicts = [scanner.scan(one["text"], kind=ContentKind(one["kind"])) for one in orjson.loads(body)["texts"]]
        results = [
            {"passes": verdict.passes, "findings": [{"rule": f.rule, "start": f.start, "end": f.end} for f in verdict.findings]}
            for verdict in verdicts
        ]
        passes = all(verdict.passes for verdict in verdicts)
        return Answer(orjson.dumps({"lexicon_version": scanner.lexicon.version, "passes": passes, "results": results}))


@dataclass
class Bank:
    """The running gateway and what stands behind it."""

    gateway: Running
    upstreams: dict[str, Upstream]

    @property
    def client(self):
        return self.gateway.client

    @property
    def profile(self) -> Profile:
        found = self.upstreams["profile"]
        assert isinstance(found, Profile)
        return found

    def token(self, *roles: Role, **claims) -> str:
        """A token of the local issuer."""
        key = load_key(self.gateway.keys.issuer_key)
        named = {"subject": f"u-{'-'.join(roles)}", "now": self.gateway.clock.now(), "life": timedelta(hours=1), **claims}
        return mint(key, roles=roles, **named)

    def bearer(self, *roles: Role, **claims) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*roles, **claims)}"}

    def adviser(self, **claims) -> dict[str, str]:
        return self.bearer(Role.ADVISER, **{"staff_no": "A1", "branch": "SH-01", **claims})


@contextlib.asynccontextmanager
async def open_bank(running, keys: KeyFiles, **settings) -> AsyncIterator[Bank]:
    """The gateway on a socket, with five services on sockets behind it."""
    kinds = {"profile": Profile, "compliance": Compliance}
    upstreams = {name: kinds.get(name, Upstream)(name, keys) for name in SERVICES}
    async with contextlib.AsyncExitStack() as stack:
        sockets = {name: stack.enter_context(listen("127.0.0.1")) for name in upstreams}
        for name, upstream in upstreams.items():
            upstream.url = f"http://127.0.0.1:{sockets[name].getsockname()[1]}"
        urls = {f"{name}_url": upstream.url for name, upstream in upstreams.items()}
        await stack.enter_async_context(serving(upstreams, sockets))
        gateway = await stack.enter_async_context(running(SERVICE, listening=True, **{**urls, **settings}))
        yield Bank(gateway, upstreams)
