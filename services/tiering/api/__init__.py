"""Routes of tiering."""

from services.tiering.api import customers, entitlements, manual, policies, replay, runs, simulations, workbooks

routers = (
    customers.router,
    entitlements.router,
    replay.router,
    manual.router,
    policies.router,
    simulations.router,
    workbooks.router,
    runs.router,
)
