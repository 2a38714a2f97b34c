"""The composition root of the gateway: the case desk as a service, and the door around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis.service import Service
from chassis.settings import ServiceSettings
from gateway.api import router
from gateway.door import Door
from gateway.house import build
from gateway.reactions import reactions
from gateway.settings import Settings
from gateway.texts import open_texts, text_sealer
from gateway.timers import timers


class Gateway(Service):
    """A service whose application stands behind the door."""

    def create_app(self, settings: ServiceSettings | None = None) -> FastAPI:
        """The application. Settings come from the environment unless given. Serve it with lifespan on."""
        chosen = settings if isinstance(settings, Settings) else Settings()
        app = super().create_app(chosen)
        house = build(app, app.state.runtime, chosen)
        app.state.wording = house.wording
        inner = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(application: FastAPI) -> AsyncIterator[None]:
            async with inner(application):
                await house.open()
                try:
                    yield
                finally:
                    await house.close()

        app.router.lifespan_context = lifespan
        behind = app.build_middleware_stack
        # Outside of everything, the framework's own middleware too: what goes to a service pays for the door alone.
        app.build_middleware_stack = lambda: Door(behind(), house=house)  # type: ignore[method-assign]  # the one hook there is
        return app


SERVICE = Gateway(
    settings=Settings,
    routers=[router],
    reactions=reactions,
    timers=timers,
    start=open_texts,
    sealer=text_sealer,
    summary="The case desk: staff, teams across departments, the 72-hour clock.",
)

create_app = SERVICE.create_app
