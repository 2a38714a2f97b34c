"""The composition root of compliance."""

from chassis.service import Service
from services.compliance.api import router
from services.compliance.reactions import reactions
from services.compliance.scanning import api as scanning
from services.compliance.settings import Settings

SERVICE = Service(
    settings=Settings,
    routers=[router, scanning.router],
    reactions=reactions,
    start=scanning.load,
    summary="The audit log: every audited act of every service, append-only and searchable; and what may be said.",
)
create_app = SERVICE.create_app
