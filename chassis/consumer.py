"""The consumer: batches from the broker through the inbox, retries with growing delay, dead letters."""

import asyncio
import logging
import time
from collections.abc import Sequence

from nats.aio.msg import Msg

from chassis import dead_letters
from chassis.bus import BROKER_ERRORS, Bus
from chassis.database import Database, is_away
from chassis.inbox import Inbox, Reactions
from chassis.lasting import lasting
from chassis.pull import ConsumerLost, Pull, hand_back
from chassis.relay import Connection, sole
from chassis.settings import ServiceSettings
from chassis.telemetry import Telemetry, tracing
from contracts.events import Envelope, NotAnEnvelope, UnknownEvent, open_envelope

log = logging.getLogger(__name__)

_LOCK = 0x0B0C_0002
_PAUSE_SECONDS = 0.25
_SETTLE_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 300.0


class Consumer:
    """Takes in the events of one service. One is active for each service; a second process stands by."""

    def __init__(
        self, database: Database, bus: Bus, inbox: Inbox, reactions: Reactions, settings: ServiceSettings, telemetry: Telemetry
    ) -> None:
        self._database = database
        self._bus = bus
        self._inbox = inbox
        self._subjects = reactions.subjects
        self._settings = settings
        self._telemetry = telemetry
        self._next_settling = 0.0
        self._connection: Connection | None = None

    async def run(self) -> None:
        """Consume until cancelled, through every fault of the database and the broker."""
        await lasting("consumer", self._lead, outage=self._is_outage, pause_seconds=_PAUSE_SECONDS)

    async def _lead(self) -> None:
        async with sole(self._database, _LOCK) as connection:
            self._connection = connection
            await self._bus.ensure_stream()
            pull = await Pull.opened(self._bus, self._subjects, self._settings.consumer_batch)
            try:
                while not connection.is_closed():
                    await self._once(pull)
            finally:
                await pull.close()
        raise ConnectionResetError("the consumer's connection is closed")

    async def _once(self, pull: Pull) -> None:
        messages = await pull.next()
        if messages:
            try:
                await self.take(messages)
            except Exception:
                await hand_back(messages)
                raise
        if time.monotonic() >= self._next_settling:
            await dead_letters.settle(self._database, self._inbox)
            self._next_settling = time.monotonic() + _SETTLE_SECONDS

    async def take(self, messages: Sequence[Msg]) -> None:
        """Apply a batch and acknowledge it; where the batch fails, each message for itself, so that one cannot hold the rest."""
        readable = [(message, envelope) for message in messages if (envelope := await self._read(message)) is not None]
        if len(readable) < 2:
            for message, envelope in readable:
                await self._take_alone(message, envelope)
            return
        try:
            await self._apply([envelope for _, envelope in readable], carrier=readable[0][0].headers or {})
        except Exception as error:
            if self._is_away(error):  # no event's fault: they come again, and none of them loses an attempt to this
                await asyncio.gather(*(message.nak(delay=self._settings.retry_seconds) for message, _ in readable))
                raise
            for message, envelope in readable:
                await self._take_alone(message, envelope)
            return
        for message, _ in readable:
            await message.ack()

    def _is_outage(self, error: Exception) -> bool:
        return isinstance(error, (*BROKER_ERRORS, ConsumerLost)) or self._is_away(error)

    def _is_away(self, error: Exception) -> bool:
        """Whether the database is at fault: it says so, or our own connection to it is gone."""
        return is_away(error) or (self._connection is not None and self._connection.is_closed())

    async def _read(self, message: Msg) -> Envelope | None:
        try:
            envelope = open_envelope(message.data)
            envelope.event  # noqa: B018  # typed here, so that what does not fit is set aside before the batch
        except (NotAnEnvelope, UnknownEvent, ValueError) as error:
            await self._bury(message, error)
            return None
        return envelope

    async def _apply(self, envelopes: Sequence[Envelope], *, carrier: dict[str, str]) -> None:
        with tracing(self._telemetry, "consume", carrier):
            async with self._database.begin() as session:
                await self._inbox.apply(session, envelopes)

    async def _take_alone(self, message: Msg, envelope: Envelope) -> None:
        try:
            await self._apply([envelope], carrier=message.headers or {})
        except Exception as error:
            if self._is_away(error):
                await message.nak(delay=self._settings.retry_seconds)
                raise
            attempt = message.metadata.num_delivered
            if attempt >= self._settings.delivery_attempts:
                await self._bury(message, error)
                return
            delay = min(self._settings.retry_seconds * 2 ** (attempt - 1), _LONGEST_RETRY_SECONDS)
            log.warning("event retried", extra={"event_id": str(envelope.id), "attempt": attempt, "error": type(error).__name__})
            await message.nak(delay=delay)
            return
        await message.ack()

    async def _bury(self, message: Msg, error: Exception) -> None:
        """Set a message aside with its reason; only then does the broker forget it."""
        async with self._database.begin() as session:
            await dead_letters.bury(
                session,
                event_id=dead_letters.id_of(message.headers or {}, message.data),
                subject=message.subject,
                payload=message.data,
                error=error,
                attempts=message.metadata.num_delivered,
            )
        log.error("dead letter", extra={"subject": message.subject, "error": type(error).__name__})
        await message.ack()
