"""Routes of the profile service."""

from services.profile.api import access, consents, customers, duplicates, erasure, feed, insight, keys, reveals, runs

routers = (
    customers.router,
    insight.router,
    consents.router,
    reveals.router,
    erasure.router,
    duplicates.router,
    feed.router,
    runs.router,
    access.router,
    keys.router,
)
