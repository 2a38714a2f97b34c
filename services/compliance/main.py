"""The composition root of compliance."""

from chassis.service import Runtime, Service
from services.compliance.api import router
from services.compliance.audit_tree import starting as tree_starting
from services.compliance.audit_tree.api import router as tree
from services.compliance.care.api import router as care
from services.compliance.documents.actions import seed
from services.compliance.documents.api import router as documents
from services.compliance.hearing import reactions
from services.compliance.masking.api import router as masking
from services.compliance.recording.api import router as recording
from services.compliance.recording.keeping_api import router as keeping
from services.compliance.retention.api import router as retention
from services.compliance.scanning import api as scanning
from services.compliance.settings import Settings
from services.compliance.suitability.api import routers as suitability
from services.compliance.timers import timers
from services.compliance.watch.api import router as watch
from services.compliance.watch.delivery import deliver
from services.compliance.watch.starting import check


async def start(runtime: Runtime) -> None:
    """The lexicon is right, policies are published, the log has its key: only then is anything served."""
    await scanning.load(runtime)
    async with runtime.database.begin() as session:
        await seed(session, now=runtime.clock.now())
    await tree_starting.start(runtime)
    check(runtime)


SERVICE = Service(
    settings=Settings,
    routers=[router, tree, retention, masking, scanning.router, documents, recording, keeping, care, watch, *suitability],
    reactions=reactions,
    timers=timers,
    start=start,
    workers={"freeze requests": deliver},
    summary="The audit log, append-only and signed; what is masked, may be said and may be sold; and the 24-hour watch.",
)
create_app = SERVICE.create_app
