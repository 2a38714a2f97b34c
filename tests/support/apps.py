"""A service as it really runs, on a database and a broker of its own."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from chassis.auth import Capability, mint
from chassis.bus import Outgoing
from chassis.clock import Clock
from chassis.database import Database
from chassis.health import state
from chassis.ids import new_id
from chassis.service import Runtime, Service
from chassis.settings import ServiceSettings
from contracts.events import Event, seal
from contracts.values import Purpose, Reach, Role, Scope
from gateway.issuer import load_key
from steward.apps import serving
from steward.embedded.ports import listen
from steward.keys import KeyFiles, ensure_keys
from tests.support.servers import TestServers

POLL_SECONDS = 0.02
_numbers = itertools.count()


@dataclass
class Running:
    """One running service: `client` speaks HTTP to it, `publish` speaks to it as another service would."""

    app: FastAPI
    name: str
    client: httpx.AsyncClient
    keys: KeyFiles

    @property
    def runtime(self) -> Runtime:
        """What runs behind the app: database, bus, clock, settings."""
        found: Runtime = self.app.state.runtime
        return found

    @property
    def database(self) -> Database:
        """`async with running.database.begin() as session:` for a committed transaction."""
        return self.runtime.database

    @property
    def clock(self) -> Clock:
        """The service's clock: `running.clock.advance(timedelta(days=31))`."""
        return self.runtime.clock

    @cached_property
    def _key(self):
        return load_key(self.keys.capability_key)

    def token(
        self,
        *scopes: Scope,
        customer: UUID | None = None,
        roles: Iterable[Role] = (Role.OPERATOR,),
        reach: Reach | None = None,
        purpose: Purpose = Purpose.SERVICE,
        subject: str = "tester",
        staff_no: str | None = None,
        branch: str | None = None,
        audience: str | None = None,
        seconds: int = 300,
    ) -> str:
        """A capability as the gateway would hand it on: for one customer if given, else for all of them."""
        capability = Capability(
            subject=subject,
            roles=tuple(roles),
            scopes=frozenset(scopes),
            purpose=purpose,
            reach=reach or (Reach.ALL if customer is None else Reach.ONE),
            customer=customer,
            staff_no=staff_no,
            branch=branch,
        )
        return mint(self._key, capability, audience=audience or self.name, seconds=seconds)

    def headers(self, *scopes: Scope, **token: object) -> dict[str, str]:
        """`{"Authorization": "Bearer ..."}` with a `token(...)`."""
        return {"Authorization": f"Bearer {self.token(*scopes, **token)}"}  # type: ignore[arg-type]  # handed on as given

    async def publish(self, *events: Event, event_ids: Iterable[UUID] | None = None) -> list[UUID]:
        """Put events on the broker in this order; their ids. Give the ids to deliver the same event again."""
        ids = list(event_ids) if event_ids is not None else [new_id() for _ in events]
        await self.connected()
        await self.runtime.bus.ensure_stream()
        now = self.clock.now()
        for event, event_id in zip(events, ids, strict=True):
            outgoing = Outgoing(event_id, event.type, seal(event, event_id=event_id, time=now), None)
            await self.runtime.bus.publish([outgoing])
        return ids

    async def connected(self, *, timeout_seconds: float = 20) -> None:
        """Wait until the service has its broker."""
        async with asyncio.timeout(timeout_seconds):
            while not self.runtime.bus.connected:  # noqa: ASYNC110  # the client sets no event that we could wait for
                await asyncio.sleep(POLL_SECONDS)

    async def settled(self, *, timeout_seconds: float = 20) -> None:
        """Wait until everything emitted is published and everything delivered is applied or a dead letter."""
        await self.connected()
        deadline = time.monotonic() + timeout_seconds
        calm = 0
        while calm < 2:
            now = await state(self.database, self.runtime.bus, self.runtime.reactions)
            calm = calm + 1 if now["outbox_lag"] == 0 and now["consumer_lag"] == 0 else 0
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not settle: {now}")
            await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def run_service(
    servers: TestServers, service: Service, *, listening: bool = False, **settings: Any
) -> AsyncIterator[Running]:
    """The service with its pipes and timers running.

    `settings` override what is chosen here: a fresh `database_url`, a fresh `nats_url`, new keys. Give two services the same
    `nats_url=servers.fresh_nats_url()` to let them hear each other; `listening=True` gives `client` a real socket.
    """
    keys = ensure_keys(servers.embedded.folder / "keys")
    chosen = await _settings(servers, service, keys, settings)
    app = service.create_app(chosen)
    async with contextlib.AsyncExitStack() as stack:
        if "database_url" not in settings:
            stack.push_async_callback(servers.drop, chosen.database_url)
        if listening:
            bound = stack.enter_context(listen("127.0.0.1"))
            await stack.enter_async_context(serving({service.name: app}, {service.name: bound}))
            base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
            client = httpx.AsyncClient(base_url=base_url, timeout=30)
        else:
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://service", timeout=30
            )
        await stack.enter_async_context(client)
        yield Running(app, service.name, client, keys)


async def _settings(servers: TestServers, service: Service, keys: KeyFiles, given: dict[str, Any]) -> ServiceSettings:
    kind = service.settings
    chosen: dict[str, Any] = {"capability_jwks": keys.capability_jwks}
    if "database_url" not in given:
        chosen["database_url"] = await servers.database(service.name)
    if "nats_url" not in given:
        chosen["nats_url"] = servers.fresh_nats_url()
    number = next(_numbers)
    own = {
        "keyset": keys.folder / f"keyset-{number}.json",
        "audit_key": keys.folder / f"audit-{number}.json",
        "text_key": keys.folder / f"desk-{number}.json",
        "capability_key": keys.capability_key,
        "issuer_key": keys.issuer_key,
    }
    chosen.update({name: path for name, path in own.items() if name in kind.model_fields})
    return kind(**{**chosen, **given})
