"""The composition root of compliance."""

from chassis.service import Runtime, Service
from services.compliance.api import router
from services.compliance.audit_tree import starting as tree_starting
from services.compliance.audit_tree.api import router as tree
from services.compliance.masking.api import router as masking
from services.compliance.scanning import api as scanning
from services.compliance.settings import Settings
from services.compliance.watch.api import router as watch
from services.compliance.watch.delivery import deliver
from services.compliance.watch.reactions import reactions
from services.compliance.watch.starting import check
from services.compliance.watch.timers import timers


async def start(runtime: Runtime) -> None:
    """The lexicon is right, the log has its key, the watch its policy: only then is anything served."""
    await scanning.load(runtime)
    await tree_starting.start(runtime)
    check(runtime)


SERVICE = Service(
    settings=Settings,
    routers=[router, tree, masking, scanning.router, watch],
    reactions=reactions,
    timers=timers,
    start=start,
    workers={"freeze requests": deliver},
    summary="The audit log, append-only and signed as a Merkle tree; what is masked; what may be said; and the 24-hour watch.",
)
create_app = SERVICE.create_app
