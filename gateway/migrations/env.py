"""Alembic's entry for this service's own database."""

from chassis.migrations import run
from gateway.models import Base

run(Base.metadata)
