"""The composition root of compliance."""

from chassis.service import Runtime, Service
from services.compliance.api import router
from services.compliance.audit_tree import starting as tree_starting
from services.compliance.audit_tree.api import router as tree
from services.compliance.audit_tree.timers import timers
from services.compliance.masking.api import router as masking
from services.compliance.reactions import reactions
from services.compliance.retention.api import router as retention
from services.compliance.scanning import api as scanning
from services.compliance.settings import Settings


async def start(runtime: Runtime) -> None:
    """The lexicon is right, the log has its key: only then is anything served."""
    await scanning.load(runtime)
    await tree_starting.start(runtime)


SERVICE = Service(
    settings=Settings,
    routers=[router, tree, retention, masking, scanning.router],
    reactions=reactions,
    timers=timers,
    start=start,
    summary="The audit log, append-only and signed as a Merkle tree; what is masked; and what may be said.",
)
create_app = SERVICE.create_app
