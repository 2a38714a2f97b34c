"""The composition of profile."""

import asyncio

from chassis.service import Runtime, Service
from services.profile.api import routers
from services.profile.keyring import open_vault
from services.profile.measuring.touched import look_out
from services.profile.reactions import reactions
from services.profile.settings import Settings
from services.profile.timers import timers


async def start(runtime: Runtime) -> None:
    """Open the keyset, or make it while the database holds no customer's key; then look out for signals."""
    assert isinstance(runtime.settings, Settings)  # SERVICE says so below
    await open_vault(runtime.database, runtime.settings)
    runtime.tasks.append(asyncio.create_task(look_out(runtime.database), name="lookout"))


SERVICE = Service(
    settings=Settings,
    routers=routers,
    reactions=reactions,
    timers=timers,
    start=start,
    summary="Who the customer is and what they do: identity, accounts, dealings, measures and signals, and who may act on whom.",
)
create_app = SERVICE.create_app
