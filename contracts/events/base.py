"""The base of every event, and its CloudEvents 1.0 envelope."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

import pydantic
import pydantic_core
from pydantic import BaseModel, ConfigDict, StringConstraints

REGISTRY: dict[str, type["Event"]] = {}
"""Every event type by its name, filled as the modules of this package are imported."""


Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-?A-~]{0,200}$")]
"""The only kind of text in events: a code, an id or a day in ASCII, without spaces and @. No name, address, mail address or
sentence fits in. A test holds every field of every event to it."""

Subject: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
"""Who acted, as the bank's identity provider calls them; that may have an @."""


class Part(BaseModel):
    """A value inside events."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """Something that happened, with all that consumers need to act on it (event-carried state).

    Subclasses set `type` (`<service>.<entity>.<what happened>.v<major>`, also the NATS subject) and `key` (the field
    that holds the aggregate's id). A subclass with a field `version` numbers the events of one type and aggregate
    1, 2, 3, … without holes; consumers apply those in order. No event carries an identity number, phone, card, name
    or free text (H20).
    """

    type: ClassVar[str] = ""
    key: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # Any: pydantic's own signature
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.type:
            return
        if cls.key not in cls.model_fields:
            raise TypeError(f"{cls.__name__}.key names no field of the event: {cls.key!r}")
        if cls.type in REGISTRY:
            raise TypeError(f"{cls.type} is declared twice")
        REGISTRY[cls.type] = cls

    @property
    def aggregate(self) -> str:
        """The id of the thing that changed."""
        return str(getattr(self, self.key))

    @property
    def aggregate_version(self) -> int | None:
        """The place of this event among those of its type and aggregate; None where order does not matter."""
        return getattr(self, "version", None)

    @classmethod
    def service(cls) -> str:
        """The service that publishes this event."""
        return cls.type.partition(".")[0]


class Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON mode. `aggregateversion` is our one extension attribute."""

    model_config = ConfigDict(frozen=True)

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    aggregateversion: int | None = None
    data: dict[str, Any]  # Any: the event's own JSON, validated by its class in `event`

    @cached_property
    def event(self) -> Event:
        """The typed event inside, validated once. Raises `UnknownEvent` for a type this code does not know and pydantic's
        `ValidationError` for data that does not fit it."""
        try:
            return REGISTRY[self.type].model_validate(self.data)
        except KeyError:
            raise UnknownEvent(self.type) from None


class UnknownEvent(Exception):
    """An envelope whose type no module of contracts.events declares."""


class NotAnEnvelope(Exception):
    """Bytes that are no CloudEvents envelope; the message names the places, never the values."""


def seal(event: Event, *, event_id: UUID, time: datetime) -> bytes:
    """The event in its envelope, as the bytes that travel."""
    version = event.aggregate_version
    head: dict[str, object] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/steward/{event.service()}",
        "type": event.type,
        "subject": event.aggregate,
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }
    if version is not None:
        head["aggregateversion"] = version
    return pydantic_core.to_json({**head, "data": event})


def open_envelope(payload: bytes) -> Envelope:
    """The envelope in `payload`. Raises `NotAnEnvelope`."""
    try:
        return Envelope.model_validate_json(payload)
    except pydantic.ValidationError as error:
        places = sorted({".".join(str(part) for part in row["loc"]) or "body" for row in error.errors()})
        raise NotAnEnvelope(f"no CloudEvents envelope; wrong or missing: {', '.join(places)}") from None
