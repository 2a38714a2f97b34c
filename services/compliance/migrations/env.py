"""Alembic's entry for this service's own database."""

from chassis.migrations import run
from services.compliance.models import Base

run(Base.metadata)
