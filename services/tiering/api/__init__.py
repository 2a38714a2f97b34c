"""Routes of tiering."""

from services.tiering.api import customers, manual, policies, replay, runs

routers = (customers.router, replay.router, manual.router, policies.router, runs.router)
