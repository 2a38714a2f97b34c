"""Routes of tiering."""

from services.tiering.api import customers, manual, policies, replay, runs, simulations

routers = (customers.router, replay.router, manual.router, policies.router, simulations.router, runs.router)
