"""The broker edge: NATS JetStream, one stream for all services, atomic batches out, pulled batches in."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, Header, PubAck, StorageType, StreamConfig

from chassis.ids import new_id
from chassis.settings import ServiceSettings
from contracts.events import REGISTRY

log = logging.getLogger(__name__)

OLDEST_BROKER = (2, 12)
"""Older brokers accept and silently ignore atomic batches, several filter subjects and `sync_interval`."""

ACK_WAIT_SECONDS = 60.0
_DUPLICATE_WINDOW_SECONDS = 120.0
_MAX_AGE_SECONDS = 30 * 24 * 3600.0
_PUBLISH_TIMEOUT_SECONDS = 10.0

BROKER_ERRORS = (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError)
"""What a broker that is away, restarting or emptied can raise here."""


class BrokerTooOld(Exception):
    """The broker ignores settings that correctness needs; the message names both versions."""


class BatchRefused(Exception):
    """The broker took none of a batch, for example because one id in it is already stored."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish; `id` becomes `Nats-Msg-Id`."""

    id: UUID
    subject: str
    payload: bytes
    traceparent: str | None

    def headers(self) -> dict[str, str]:
        """Headers of this message."""
        headers = {Header.MSG_ID.value: str(self.id)}
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers


class Bus:
    """One service's connection to the broker. It reconnects for ever; `connected` tells how it is."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._client: Client | None = None

    async def open(self) -> None:
        """Connect, waiting until a broker answers, and refuse one that is too old. Raises `BrokerTooOld`."""
        settings = self._settings
        client = Client()
        delay = 0.1
        while True:
            try:
                await client.connect(
                    settings.nats_url,
                    name=settings.name,
                    inbox_prefix=f"_INBOX_{settings.name}".encode(),
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    allow_reconnect=True,
                    error_cb=_on_error,
                    user=settings.nats_user,
                    password=settings.nats_password,
                )
                break
            except (*BROKER_ERRORS,) as error:
                log.warning("broker away", extra={"error": type(error).__name__})
                await asyncio.sleep(delay)
                delay = min(delay * 2, 2.0)
            except asyncio.CancelledError:
                with suppress(AssertionError, *BROKER_ERRORS):  # nats-py asserts where nothing was opened yet
                    await asyncio.wait_for(client.close(), timeout=1)  # or the half-open socket would stay
                raise
        found = client.connected_server_version
        if (found.major, found.minor) < OLDEST_BROKER:
            await client.close()
            raise BrokerTooOld(f"the NATS server is {found.major}.{found.minor}; 2.12 or newer is needed")
        self._client = client

    async def close(self) -> None:
        """Flush and leave, bounded."""
        if self._client is None:
            return
        try:
            await asyncio.wait_for(self._client.close(), timeout=3)
        except BROKER_ERRORS:
            log.warning("broker connection cut at close")

    @property
    def client(self) -> Client:
        """The connection. Raises RuntimeError before `open`."""
        if self._client is None:
            raise RuntimeError("the bus is not open")
        return self._client

    @property
    def connected(self) -> bool:
        """Whether the broker is reachable at this moment."""
        return self._client is not None and self._client.is_connected

    def subject(self, event_type: str) -> str:
        """The subject on which events of a type travel."""
        return self._settings.subject_prefix + event_type

    async def ensure_stream(self) -> str:
        """Make the stream if it is missing. Returns when it was made: another answer means that the broker lost it."""
        services = sorted({event_type.partition(".")[0] for event_type in REGISTRY})
        config = StreamConfig(
            name=self._settings.stream,
            subjects=[f"{self._settings.subject_prefix}{service}.>" for service in services],
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_age=_MAX_AGE_SECONDS,
            duplicate_window=_DUPLICATE_WINDOW_SECONDS,
            allow_atomic=True,
            allow_direct=True,
        )
        stream = self.client.jetstream()
        try:
            info = await stream.stream_info(self._settings.stream)
        except nats.js.errors.NotFoundError:
            try:
                info = await stream.add_stream(config)
            except nats.js.errors.BadRequestError:  # another service was faster
                info = await stream.stream_info(self._settings.stream)
        return str(info.created)

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish in order and wait until the broker has stored all. Raises one of `BROKER_ERRORS`.

        More than one message goes as one atomic batch; where the broker refuses the batch because it already has one of
        the ids, they go one by one, and the broker drops what it has.
        """
        if len(batch) > 1:
            try:
                await self._publish_atomically(batch)
                return
            except BatchRefused as error:
                log.info("batch refused, publishing one by one", extra={"reason": str(error)})
        stream = self.client.jetstream(timeout=_PUBLISH_TIMEOUT_SECONDS)
        for message in batch:
            await stream.publish(
                self.subject(message.subject), message.payload, headers=message.headers(), stream=self._settings.stream
            )

    async def _publish_atomically(self, batch: Sequence[Outgoing]) -> None:
        batch_id = new_id().hex
        last = len(batch)
        for place, message in enumerate(batch, start=1):
            headers = message.headers()
            headers[Header.BATCH_ID.value] = batch_id
            headers[Header.BATCH_SEQUENCE.value] = str(place)
            subject = self.subject(message.subject)
            if place < last:
                await self.client.publish(subject, message.payload, headers=headers)
                continue
            headers[Header.BATCH_COMMIT.value] = "1"
            reply = await self.client.request(subject, message.payload, timeout=_PUBLISH_TIMEOUT_SECONDS, headers=headers)
        answer = orjson.loads(reply.data)
        if "error" in answer:
            raise BatchRefused(f"{answer['error'].get('err_code')} {answer['error'].get('description')}")
        ack = PubAck.from_response(answer)
        if ack.batch_size != last:
            raise BatchRefused(f"{ack.batch_size} of {last} stored")

    async def ensure_consumer(self, subjects: Sequence[str], batch: int) -> str:
        """Make or change this service's durable pull consumer over the given event types. Returns the subject on which
        messages are asked for."""
        config = ConsumerConfig(
            durable_name=self._settings.name,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            filter_subjects=[self.subject(subject) for subject in subjects],
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=max(2_000, 4 * batch),
        )
        await self.client.jetstream().add_consumer(self._settings.stream, config)
        return f"$JS.API.CONSUMER.MSG.NEXT.{self._settings.stream}.{self._settings.name}"

    async def pending(self) -> int | None:
        """Messages that this service has yet to take or acknowledge; None when the broker does not say."""
        try:
            info = await self.client.jetstream(timeout=2).consumer_info(self._settings.stream, self._settings.name)
        except BROKER_ERRORS:
            return None
        return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def _on_error(error: Exception) -> None:
    log.warning("broker connection", extra={"error": type(error).__name__})
