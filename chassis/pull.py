"""Messages in: a standing pull request at a durable consumer, and messages handed back."""

import asyncio
import logging
from collections.abc import Sequence

import orjson
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import Header

from chassis.bus import BROKER_ERRORS, Bus

log = logging.getLogger(__name__)

_HANDED_BACK_SECONDS = 0.5
_LEAVE_SECONDS = 2.0


async def hand_back(messages: Sequence[Msg]) -> None:
    """Give messages back that were not acknowledged; left alone they would come again only after the wait for an ack."""
    for message in messages:
        if message.reply and not message.is_acked:
            await message.nak(delay=_HANDED_BACK_SECONDS)


class ConsumerLost(Exception):
    """The durable consumer is gone from the broker and must be made again."""


class Pull:
    """A standing pull request: `next` gives what has arrived, at once, and keeps the request topped up."""

    _EXPIRES_SECONDS = 2

    def __init__(self, bus: Bus, request_subject: str, batch: int) -> None:
        self._bus = bus
        self._request_subject = request_subject
        self._batch = batch
        self._messages: asyncio.Queue[Msg] = asyncio.Queue()
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._outstanding = 0
        self._lost: str | None = None

    @classmethod
    async def opened(cls, bus: Bus, subjects: Sequence[str], batch: int) -> "Pull":
        """Listen for the given event types, at most `batch` messages a request. Raises one of `BROKER_ERRORS`."""
        pull = cls(bus, await bus.ensure_consumer(subjects, batch), batch)
        pull._inbox = bus.client.new_inbox()
        pull._subscription = await bus.client.subscribe(pull._inbox, cb=pull._messages.put)
        return pull

    async def close(self) -> None:
        """Stop listening, and hand back what was delivered and not taken, so that it comes again at once.

        Deliveries may be on their way: they are waited for, or each would only come again after the wait for its ack.
        """
        if self._subscription is None:
            return
        try:
            if not self._bus.connected:
                await self._subscription.unsubscribe()
                return
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py has no types here
            await hand_back([self._messages.get_nowait() for _ in range(self._messages.qsize())])
        except BROKER_ERRORS:
            log.debug("left without the broker")

    async def next(self) -> list[Msg]:
        """The messages at hand, one or more up to the batch; empty when none came in a few seconds.

        Raises `ConsumerLost` when the broker no longer knows the consumer, and one of `BROKER_ERRORS`.
        """
        if self._lost is not None:
            raise ConsumerLost(self._lost)
        await self._ask()
        try:
            async with asyncio.timeout(self._EXPIRES_SECONDS + 2):  # not wait_for, which loses a cancellation on Python 3.11
                first = await self._messages.get()
        except TimeoutError:
            self._outstanding = 0
            if self._bus.connected:
                raise ConsumerLost("no answer to a pull request") from None
            return []
        found = [first]
        while len(found) < self._batch and not self._messages.empty():
            found.append(self._messages.get_nowait())
        return [message for message in found if not self._is_status(message)]

    async def _ask(self) -> None:
        if self._outstanding > 0:
            return
        body = orjson.dumps({"batch": self._batch, "expires": self._EXPIRES_SECONDS * 1_000_000_000})
        await self._bus.client.publish(self._request_subject, body, reply=self._inbox)
        self._outstanding = self._batch

    def _is_status(self, message: Msg) -> bool:
        """Whether it is the broker's word about the request; such a word ends the request."""
        status = (message.headers or {}).get(Header.STATUS.value)
        if status is None or message.reply:
            self._outstanding -= 1
            return False
        self._outstanding = 0
        description = (message.headers or {}).get(Header.DESCRIPTION.value, "").lower()
        if status == "503" or "deleted" in description:
            self._lost = description or status  # what came before it is still handed out; the next call raises
        return True
