"""Routes of tiering."""

from services.tiering.api import customers, manual, policies, replay, runs, simulations, workbooks

routers = (customers.router, replay.router, manual.router, policies.router, simulations.router, workbooks.router, runs.router)
