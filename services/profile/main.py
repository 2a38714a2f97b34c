"""The composition of profile."""

from chassis.service import Runtime, Service
from services.profile.api import routers
from services.profile.keyring import open_vault
from services.profile.reactions import reactions
from services.profile.settings import Settings
from services.profile.timers import timers


async def start(runtime: Runtime) -> None:
    """Open the keyset, or make it while the database holds no customer's key."""
    assert isinstance(runtime.settings, Settings)  # SERVICE says so below
    await open_vault(runtime.database, runtime.settings)


SERVICE = Service(
    settings=Settings,
    routers=routers,
    reactions=reactions,
    timers=timers,
    start=start,
    summary="Who the customer is and what they do: identity, accounts, dealings, measures and signals, and who may act on whom.",
)
create_app = SERVICE.create_app
