"""Routes of the profile service."""

from services.profile.api import access, customers, feed, insight, measures, runs, signals

routers = (customers.router, insight.router, feed.router, measures.router, signals.router, runs.router, access.router)
