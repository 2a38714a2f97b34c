"""The composition root of compliance."""

from chassis.service import Service
from services.compliance.api import router
from services.compliance.masking.api import router as masking
from services.compliance.reactions import reactions
from services.compliance.settings import Settings

SERVICE = Service(
    settings=Settings,
    routers=[router, masking],
    reactions=reactions,
    summary="The audit log: every audited act of every service, append-only and searchable.",
)
create_app = SERVICE.create_app
