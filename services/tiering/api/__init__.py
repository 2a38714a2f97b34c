"""Routes of tiering."""

from services.tiering.api import customers, policies, runs

routers = (customers.router, policies.router, runs.router)
