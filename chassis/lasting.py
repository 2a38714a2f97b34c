"""Work that lasts as long as the service: the relay, the consumer and the timers go on through every fault."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def lasting(
    name: str, work: Callable[[], Awaitable[object]], *, outage: Callable[[Exception], bool], pause_seconds: float
) -> None:
    """Do `work` again and again until cancelled, with a pause after each fault.

    What `outage` knows is told as a warning. Anything else is a fault of ours and told as an error, and the work goes
    on all the same: a service that complains is better than one whose pipes are silently dry.
    """
    while True:
        try:
            await work()
        except Exception as error:  # told, by class and place
            if outage(error):
                log.warning("%s interrupted", name, extra={"error": type(error).__name__})
            else:
                log.error("%s failed, it goes on", name, exc_info=error)
            await asyncio.sleep(pause_seconds)
