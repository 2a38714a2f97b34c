"""Alembic's entry for this service's own database."""

from chassis.migrations import run
from services.referral.models import Base

run(Base.metadata)
