"""The composition of outreach."""

from chassis.service import Runtime, Service
from services.outreach import actions
from services.outreach.api import routers
from services.outreach.policy import shipped
from services.outreach.reactions import reactions
from services.outreach.settings import Settings
from services.outreach.timers import timers


async def start(runtime: Runtime) -> None:
    """Refuse to start on a policy that contradicts itself, and arm the nightly run."""
    shipped()
    async with runtime.database.begin() as session:
        await actions.ensure_night(session, now=runtime.clock.now())


SERVICE = Service(
    settings=Settings,
    routers=routers,
    reactions=reactions,
    timers=timers,
    start=start,
    summary="Which contacts each customer is owed, when, and over which channel: cadence, budget, plan.",
)
create_app = SERVICE.create_app
