"""Routes of outreach."""

from services.outreach.api import bank, customers

routers = (customers.router, bank.router)
