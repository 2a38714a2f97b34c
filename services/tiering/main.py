"""The composition of tiering."""

from chassis.service import Runtime, Service
from services.tiering import actions
from services.tiering.api import routers
from services.tiering.reactions import reactions
from services.tiering.settings import Settings
from services.tiering.timers import timers


async def start(runtime: Runtime) -> None:
    """Publish the default policies where there are none, and arm the nightly run and the look at grace periods."""
    async with runtime.database.begin() as session:
        await actions.seed_policies(session, now=runtime.clock.now())
        await actions.ensure_night(session, now=runtime.clock.now())
        await actions.ensure_grace_look(session, now=runtime.clock.now())
        await actions.ensure_entitlement_night(session, now=runtime.clock.now())


SERVICE = Service(
    settings=Settings,
    routers=routers,
    reactions=reactions,
    timers=timers,
    start=start,
    summary="Which tier a customer is in, and why: policies, decisions, packages.",
)
create_app = SERVICE.create_app
