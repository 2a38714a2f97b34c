"""The delivery of freeze requests: takes what is due, calls outside any transaction, notes how it ended."""

import asyncio
import logging
from datetime import timedelta
from typing import cast

from chassis.database import is_away
from chassis.lasting import lasting
from chassis.outgoing import Outgoing
from chassis.service import Runtime
from contracts.disclosure.destinations import DestinationNotAllowed
from services.compliance.settings import Settings
from services.compliance.watch.actions.freezing import Attempt, end_attempt, members, take_due
from services.compliance.watch.policy import shipped
from services.compliance.watch.webhooks import SecretInvalid, Target, read_secrets, send, target_of

log = logging.getLogger(__name__)

DESTINATION = "core_bank"
"""Its name on the allow-list of what may leave the house (H20)."""
_POLL_SECONDS = 0.5
_LEASE_FACTOR = 3


def target_in(settings: Settings) -> Target | None:
    """The receiver that is configured, or None: requests then wait in the queue. Raises ValueError and OSError for settings
    with which nothing could be sent."""
    if settings.core_webhook_url is None:
        return None
    if settings.core_webhook_secret is None:
        raise ValueError("core_webhook_url needs core_webhook_secret, the file with the signing secrets")
    read_secrets(settings.core_webhook_secret)
    return target_of(settings.core_webhook_url, settings.core_webhook_networks)


async def deliver(runtime: Runtime) -> None:
    """Deliver until cancelled, through every fault."""
    settings = cast("Settings", runtime.settings)  # the composition root gives this service its own settings
    target = target_in(settings)
    if target is None:
        log.warning("freeze requests wait: no receiver is configured")
        return

    async def poll() -> None:
        if not await deliver_due(runtime, target):
            await asyncio.sleep(_POLL_SECONDS)

    await lasting("freeze requests", poll, outage=is_away, pause_seconds=_POLL_SECONDS)


async def deliver_due(runtime: Runtime, target: Target) -> int:
    """Send what is due, each request once. Returns how many there were."""
    lease = timedelta(seconds=shipped().freeze.attempt_seconds * _LEASE_FACTOR)
    async with runtime.database.begin() as session:
        attempts = await take_due(session, now=runtime.clock.now(), lease=lease)
    await asyncio.gather(*(_attempt(runtime, target, attempt) for attempt in attempts))
    return len(attempts)


async def _attempt(runtime: Runtime, target: Target, attempt: Attempt) -> None:
    policy, settings = shipped().freeze, cast("Settings", runtime.settings)  # as above
    try:
        await Outgoing(settings, runtime.database).admit(DESTINATION, str(target.url), members(attempt.body))
        secrets = read_secrets(settings.core_webhook_secret) if settings.core_webhook_secret else []
        taken, answer = await send(
            target,
            secrets=secrets,
            message_id=attempt.id,
            body=attempt.body,
            now=runtime.clock.now(),
            seconds=policy.attempt_seconds,
        )
    except DestinationNotAllowed as refused:
        taken, answer = False, refused.rule
    except (SecretInvalid, OSError):
        taken, answer = False, "secret-unreadable"
    if not taken:
        log.warning("freeze request not taken", extra={"freeze_id": str(attempt.id), "attempt": attempt.number, "answer": answer})
    async with runtime.database.begin() as session:
        pauses = policy.retry_after_seconds
        await end_attempt(session, attempt, taken=taken, answer=answer, pauses=pauses, now=runtime.clock.now())
