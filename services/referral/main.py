"""The composition root of referral."""

from chassis.service import Runtime, Service
from services.referral import actions
from services.referral.api import router
from services.referral.policy import read_campaigns
from services.referral.reactions import reactions
from services.referral.settings import Settings


async def start(runtime: Runtime) -> None:
    """Publish the campaigns of the policy file, if their version is new. Raises `PolicyChangedInPlace`."""
    assert isinstance(runtime.settings, Settings)  # create_app makes no others
    document = read_campaigns(runtime.settings.campaigns)
    async with runtime.database.begin() as session:
        await actions.publish_campaigns(session, document=document, now=runtime.clock.now())


SERVICE = Service(
    settings=Settings,
    routers=[router],
    reactions=reactions,
    start=start,
    summary="Referral codes, campaigns, and the points ledger.",
)
create_app = SERVICE.create_app
