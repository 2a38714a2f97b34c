"""The composition of a service: its parts become one FastAPI application with everything running behind it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from chassis import health
from chassis.application import documented
from chassis.auth import CapabilityVerifier, Verifier
from chassis.bus import Bus
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import Database, is_away
from chassis.edge import Edge
from chassis.http import authorize, operation
from chassis.inbox import Context, Inbox, Reactions
from chassis.outgoing import require
from chassis.relay import Relay
from chassis.retention import keep_clear
from chassis.sealing import Sealer
from chassis.settings import ServiceSettings
from chassis.telemetry import Telemetry
from chassis.timers import TimerLoop, Timers

log = logging.getLogger(__name__)

_CANCEL_AGAIN_SECONDS = 0.5


@dataclass(slots=True)
class Runtime:
    """What runs behind one application."""

    settings: ServiceSettings
    clock: Clock
    database: Database
    bus: Bus
    context: Context
    inbox: Inbox
    reactions: Reactions
    telemetry: Telemetry
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    """What ends with the application; a start hook may add its own."""


Hook: TypeAlias = Callable[[Runtime], Awaitable[None]]
Worker: TypeAlias = Callable[[Runtime], Awaitable[None]]
Authenticator: TypeAlias = Callable[[ServiceSettings], Verifier]


def capabilities(settings: ServiceSettings) -> Verifier:
    """The verifier of every service: capabilities of the gateway, for this service only."""
    if settings.capability_jwks is None:
        raise ValueError(f"{settings.name}: capability_jwks is not set; no caller could be verified")
    return CapabilityVerifier.from_file(settings.capability_jwks, settings.name)


class Service:
    """The parts of a service. `start` runs after the database is open and before anything is consumed; `stop` at the end.

    `workers` are loops of the service's own, by name: they run beside the pipes and are cancelled before `stop`. `sealer` is for
    a service whose answers hold free text: answers that are kept for idempotency keys are sealed with it.
    """

    def __init__(
        self,
        *,
        settings: type[ServiceSettings],
        routers: Sequence[APIRouter],
        reactions: Reactions | None = None,
        timers: Timers | None = None,
        start: Hook | None = None,
        stop: Hook | None = None,
        workers: Mapping[str, Worker] | None = None,
        authenticate: Authenticator = capabilities,
        sealer: Callable[[ServiceSettings], Sealer] | None = None,
        summary: str = "",
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self._routers = routers
        self._reactions = reactions or Reactions()
        self._timers = timers or Timers()
        self._start = start
        self._stop = stop
        self._workers = dict(workers or {})
        self._authenticate = authenticate
        self._sealer = sealer
        self._summary = summary

    def create_app(self, settings: ServiceSettings | None = None) -> FastAPI:
        """The application. Settings come from the environment unless given. Serve it with lifespan on."""
        settings = settings or self.settings()
        clock = Clock(timedelta(seconds=settings.clock_offset_seconds))
        if settings.otlp_endpoint is not None:
            require(settings, "telemetry", settings.otlp_endpoint)
        telemetry = Telemetry(self.name, endpoint=settings.otlp_endpoint, ratio=settings.trace_ratio)
        database = Database(settings.database_url, service=self.name, clock=clock, connections=settings.database_connections)
        context = Context(clock, settings)
        runtime = Runtime(
            settings=settings,
            clock=clock,
            database=database,
            bus=Bus(settings),
            context=context,
            inbox=Inbox(self._reactions, context),
            reactions=self._reactions,
            telemetry=telemetry,
        )
        verifier = self._authenticate(settings)
        app = self._application(runtime)
        app.state.runtime = runtime
        app.state.verifier = verifier
        app.add_middleware(
            Edge,
            database=database,
            verifier=verifier,
            telemetry=telemetry,
            max_body_bytes=settings.max_body_bytes,
            sealer=None if self._sealer is None else partial(self._sealer, settings),
        )
        return app

    def _application(self, runtime: Runtime) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await self._open(runtime)
            try:
                yield
            finally:
                await self._close(runtime)

        app = documented(self.name, self._summary, lifespan=lifespan)
        for router in self._routers:
            app.include_router(router, dependencies=[Depends(authorize)])
        app.include_router(_internal(), dependencies=[Depends(authorize)])
        return app

    async def _open(self, runtime: Runtime) -> None:
        await runtime.database.open()
        if self._start is not None:
            try:
                await self._start(runtime)
            except BaseException:
                await runtime.database.close()
                raise
        relay = Relay(runtime.database, runtime.bus)
        consumer = Consumer(runtime.database, runtime.bus, runtime.inbox, runtime.reactions, runtime.settings, runtime.telemetry)
        loop = TimerLoop(runtime.database, self._timers, runtime.context)
        runtime.tasks += [
            _kept("pipes", lambda: _pipes(runtime, relay, consumer if runtime.reactions.subjects else None)),
            _kept("timers", loop.run),
            _kept("retention", lambda: keep_clear(runtime.database)),
            *(_kept(name, partial(worker, runtime)) for name, worker in self._workers.items()),
        ]
        if runtime.telemetry.enabled:
            runtime.tasks.append(_kept("gauges", lambda: _watch(runtime)))

    async def _close(self, runtime: Runtime) -> None:
        await _ended(runtime.tasks, within=runtime.settings.graceful_stop_seconds)
        if self._stop is not None:
            await self._stop(runtime)
        await runtime.bus.close()
        await runtime.database.close()
        runtime.telemetry.close()


async def _watch(runtime: Runtime) -> None:
    """Keep the gauges of the pipes: outbox and consumer lag, parked events, dead letters, late timers."""
    latest: health.State = {}
    for name in health.GAUGES:
        runtime.telemetry.gauge(f"steward.{name}", lambda name=name: latest.get(name))  # type: ignore[misc]
    while True:
        try:
            latest.update(await health.state(runtime.database, runtime.bus, runtime.reactions))
        except Exception as error:
            if not is_away(error):
                raise
            latest.clear()
        await asyncio.sleep(health.GAUGE_SECONDS)


async def _pipes(runtime: Runtime, relay: Relay, consumer: Consumer | None) -> None:
    """Out and in. The broker may be away at the start: requests are served meanwhile."""
    await runtime.bus.open()
    # Not a TaskGroup: it hands a cancellation down once only, and a library below may swallow that one.
    await asyncio.gather(*(pipe.run() for pipe in (relay, consumer) if pipe is not None))


async def _ended(tasks: Sequence[asyncio.Task[None]], *, within: float) -> None:
    """Cancel until they end: a library below may swallow one cancellation."""
    deadline = time.monotonic() + within
    while (running := [task for task in tasks if not task.done()]) and time.monotonic() < deadline:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_CANCEL_AGAIN_SECONDS)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that the loop does not report it a second time; `_kept` has logged it


def _kept(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    async def run() -> None:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except BaseException:
            log.critical("%s stopped", name, exc_info=True)
            raise

    return asyncio.create_task(run(), name=name)


def _internal() -> APIRouter:
    """Health and state. They hold counts and codes only, so they are open to whoever reaches the service's own port."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live", **operation(scope=None))
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready", **operation(scope=None))
    async def ready(request: Request) -> Response:
        reasons = await health.readiness(request.app.state.runtime.database)
        body = {"status": "unready" if reasons else "ready", "reasons": reasons}
        return Response(orjson.dumps(body), 503 if reasons else 200, media_type="application/json")

    @router.get("/internal/status", **operation(scope=None))
    async def status(request: Request) -> Response:
        runtime: Runtime = request.app.state.runtime
        body = await health.state(runtime.database, runtime.bus, runtime.reactions)
        return Response(orjson.dumps(body), media_type="application/json")

    return router
