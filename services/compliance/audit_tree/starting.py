"""What the tree needs before anything is consumed: a key, and the nodes over entries from before there was a tree."""

import asyncio

from chassis.service import Runtime
from chassis.timers import schedule
from services.compliance.audit_tree import actions, store
from services.compliance.audit_tree.keys import SigningKeyUnreadable, create_key, open_key
from services.compliance.retention.actions import PRUNE, THE_LOG, arm
from services.compliance.settings import Settings
from services.compliance.store import lock_size


async def start(runtime: Runtime) -> None:
    """Open the signing key, or make it while nothing is signed; then let the tree catch up with the log.

    Raises `SigningKeyUnreadable`: with a key that nobody vouches for, no verifier would believe the log any more.
    """
    settings = runtime.settings
    assert isinstance(settings, Settings)  # SERVICE says so
    async with runtime.database.begin() as session:
        size = await lock_size(session)
        last = await store.latest(session)
        if not await asyncio.to_thread(settings.audit_key.exists):
            if last is not None:
                raise SigningKeyUnreadable(f"there is no signing key at {settings.audit_key}, and the log is signed with one")
            await asyncio.to_thread(create_key, settings.audit_key, settings.audit_origin)
        await asyncio.to_thread(open_key, settings.audit_key)
        await store.grow(session, size)
        behind = size > (last.size if last is not None else 0)
        if behind and not await store.is_due(session, kind=actions.CHECKPOINT, key=actions.THE_LOG):
            await schedule(session, kind=actions.CHECKPOINT, key=actions.THE_LOG, due_at=runtime.clock.now())
        if not await store.is_due(session, kind=PRUNE, key=THE_LOG):
            await arm(session, now=runtime.clock.now())
