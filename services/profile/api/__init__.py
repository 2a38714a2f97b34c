"""Routes of the profile service."""

from services.profile.api import access, customers, feed, insight, runs

routers = (customers.router, insight.router, feed.router, runs.router, access.router)
