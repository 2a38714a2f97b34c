"""Routes of the profile service."""

from services.profile.api import (
    access,
    consents,
    customers,
    duplicates,
    erasure,
    feed,
    insight,
    keys,
    measures,
    reveals,
    runs,
    signals,
)

routers = (
    customers.router,
    insight.router,
    consents.router,
    reveals.router,
    erasure.router,
    duplicates.router,
    feed.router,
    measures.router,
    signals.router,
    runs.router,
    access.router,
    keys.router,
)
