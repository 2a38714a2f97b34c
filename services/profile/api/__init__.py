"""Routes of the profile service."""

from services.profile.api import access, consents, customers, feed, insight, runs

routers = (customers.router, insight.router, consents.router, feed.router, runs.router, access.router)
