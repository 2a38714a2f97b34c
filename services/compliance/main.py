"""The composition root of compliance."""

from chassis.service import Service
from services.compliance.api import router
from services.compliance.audit_tree.api import router as tree
from services.compliance.audit_tree.starting import start
from services.compliance.audit_tree.timers import timers
from services.compliance.masking.api import router as masking
from services.compliance.reactions import reactions
from services.compliance.settings import Settings

SERVICE = Service(
    settings=Settings,
    routers=[router, tree, masking],
    reactions=reactions,
    timers=timers,
    start=start,
    summary="The audit log: every audited act of every service, append-only, searchable, and signed as a Merkle tree.",
)
create_app = SERVICE.create_app
