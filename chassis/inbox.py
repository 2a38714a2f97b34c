"""The inbox: each event takes effect once, and the events of one aggregate in order.

`Inbox.apply` runs in one transaction: it notes the events' ids, leaves out what was seen, holds back what came before its
turn, hands the rest to the reactions in runs for one reaction, and remembers how far each aggregate has come.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeAlias, TypeVar, cast
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Session, driver
from chassis.settings import ServiceSettings
from contracts.events import Envelope, Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Context:
    """What a reaction or a timer may know beside its input."""

    clock: Clock
    settings: ServiceSettings

    @property
    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return self.clock.now()


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event as it arrived."""

    event: E
    id: UUID
    time: datetime
    aggregate: str
    version: int | None


Reaction: TypeAlias = Callable[[Session, Sequence[Received[Any]], Context], Awaitable[None]]  # Any: one table holds all types


class Reactions:
    """Which function answers to which event types. A reaction gets a run of events of its types and acts on them as a set."""

    def __init__(self) -> None:
        self._by_type: dict[str, Reaction] = {}

    def on(
        self, *events: type[E]
    ) -> Callable[
        [Callable[[Session, Sequence[Received[E]], Context], Awaitable[None]]],
        Callable[[Session, Sequence[Received[E]], Context], Awaitable[None]],
    ]:
        """Declare the decorated function as the reaction to `events`."""

        def declare(
            reaction: Callable[[Session, Sequence[Received[E]], Context], Awaitable[None]],
        ) -> Callable[[Session, Sequence[Received[E]], Context], Awaitable[None]]:
            for event in events:
                if event.type in self._by_type:
                    raise ValueError(f"{event.type} has a reaction already")
                self._by_type[event.type] = cast("Reaction", reaction)
            return reaction

        return declare

    @property
    def subjects(self) -> list[str]:
        """The event types that somebody answers to."""
        return sorted(self._by_type)

    def of(self, event_type: str) -> Reaction:
        """The reaction to a type. Raises KeyError when there is none."""
        return self._by_type[event_type]


_NOTE = """
WITH fresh AS (
    INSERT INTO inbox (event_id, received_at) SELECT DISTINCT id, $2::timestamptz FROM unnest($1::uuid[]) AS e(id)
    ON CONFLICT DO NOTHING RETURNING event_id
)
SELECT event_id FROM fresh
"""
_REACHED = """
SELECT v.type, v.aggregate, v.version,
       EXISTS (SELECT FROM parked p WHERE p.type = v.type AND p.aggregate = v.aggregate) AS waiting
FROM unnest($1::text[], $2::text[]) AS k(type, aggregate)
JOIN LATERAL (
    SELECT k.type, k.aggregate,
           coalesce((SELECT version FROM aggregate_version a WHERE a.type = k.type AND a.aggregate = k.aggregate), 0) AS version
) v ON true
"""
_REMEMBER = """
INSERT INTO aggregate_version (type, aggregate, version)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[])
ON CONFLICT (type, aggregate) DO UPDATE SET version = excluded.version
"""
_PARK = """
INSERT INTO parked (type, aggregate, version, payload, parked_at)
SELECT *, $5::timestamptz FROM unnest($1::text[], $2::text[], $3::int[], $4::bytea[]) ON CONFLICT DO NOTHING
"""
_UNPARK = "DELETE FROM parked WHERE type = $1 AND aggregate = $2 AND version = $3 RETURNING payload"

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an aggregate has come, and whether later events of it wait."""

    version: int
    waiting: bool


class Inbox:
    """Applies events to one service, exactly once in effect."""

    def __init__(self, reactions: Reactions, context: Context) -> None:
        self._reactions = reactions
        self._context = context

    async def apply(self, session: Session, envelopes: Sequence[Envelope]) -> int:
        """Apply `envelopes` in the caller's transaction. Returns how many took effect.

        Raises whatever a reaction raises; the caller rolls back and nothing of the batch has happened.
        """
        fresh = await self._note(session, envelopes)
        return await self._apply_in_order(session, fresh)

    async def _note(self, session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
        connection = await driver(session)
        rows = await connection.fetch(_NOTE, [envelope.id for envelope in envelopes], self._context.now)
        unseen = {row["event_id"] for row in rows}
        fresh = []
        for envelope in envelopes:
            if envelope.id in unseen:
                unseen.discard(envelope.id)
                fresh.append(envelope)
        return fresh

    async def _apply_in_order(self, session: Session, fresh: Sequence[Envelope]) -> int:
        reached = await self._reached(session, fresh)
        now_due, early = in_turn(fresh, {key: state.version for key, state in reached.items()})
        heads = heads_of(now_due)
        if early:
            await self._park(session, early)
        for key, version in list(heads.items()):
            if reached[key].waiting or any(_key(envelope) == key for envelope in early):
                released = await self._unpark(session, key, version)
                now_due.extend(released)
                heads[key] = version + len(released)
        await self._react(session, now_due)
        if heads:
            connection = await driver(session)
            await connection.execute(_REMEMBER, [k[0] for k in heads], [k[1] for k in heads], list(heads.values()))
        return len(now_due)

    async def _reached(self, session: Session, fresh: Sequence[Envelope]) -> dict[Key, Reached]:
        keys = sorted({_key(envelope) for envelope in fresh if envelope.aggregateversion is not None})
        if not keys:
            return {}
        connection = await driver(session)
        rows = await connection.fetch(_REACHED, [key[0] for key in keys], [key[1] for key in keys])
        return {(row["type"], row["aggregate"]): Reached(row["version"], row["waiting"]) for row in rows}

    async def _park(self, session: Session, early: Sequence[Envelope]) -> None:
        connection = await driver(session)
        await connection.execute(
            _PARK,
            [envelope.type for envelope in early],
            [envelope.subject for envelope in early],
            [envelope.aggregateversion for envelope in early],
            [envelope.model_dump_json().encode() for envelope in early],
            self._context.now,
        )

    async def _unpark(self, session: Session, key: Key, version: int) -> list[Envelope]:
        connection = await driver(session)
        released: list[Envelope] = []
        while payload := await connection.fetchval(_UNPARK, *key, version + len(released) + 1):
            released.append(Envelope.model_validate_json(payload))
        return released

    async def _react(self, session: Session, envelopes: Sequence[Envelope]) -> None:
        for reaction, run in groupby(envelopes, key=lambda envelope: self._reactions.of(envelope.type)):
            await reaction(session, [_received(envelope) for envelope in run], self._context)

    async def skip(self, session: Session, envelope: Envelope) -> None:
        """Treat an event as done without its effect, so that what waits behind it goes on (a dropped dead letter)."""
        await self._note(session, [envelope])
        if envelope.aggregateversion is None:
            return
        key = _key(envelope)
        reached = (await self._reached(session, [envelope]))[key]
        if reached.version != envelope.aggregateversion - 1:
            return
        connection = await driver(session)
        await connection.execute(_REMEMBER, [key[0]], [key[1]], [envelope.aggregateversion])
        released = await self._unpark(session, key, envelope.aggregateversion)
        await self._react(session, released)
        if released:
            await connection.execute(_REMEMBER, [key[0]], [key[1]], [envelope.aggregateversion + len(released)])


def in_turn(envelopes: Iterable[Envelope], reached: dict[Key, int]) -> tuple[list[Envelope], list[Envelope]]:
    """Split into those whose turn it is, in order, and those that came before their turn.

    An event without a version is always in turn; one whose version was reached already is in neither list.
    """
    heads = dict(reached)
    due: list[Envelope] = []
    early: dict[Key, dict[int, Envelope]] = {}
    for envelope in envelopes:
        version = envelope.aggregateversion
        if version is None:
            due.append(envelope)
            continue
        key = _key(envelope)
        if version > heads.get(key, 0) + 1:
            early.setdefault(key, {})[version] = envelope
        while version is not None and version == heads.get(key, 0) + 1:
            due.append(envelope)
            heads[key] = version
            follower = early.get(key, {}).pop(version + 1, None)
            if follower is not None:
                envelope, version = follower, follower.aggregateversion  # noqa: PLW2901  # the one that waited for this one
    return due, [envelope for waiting in early.values() for envelope in waiting.values()]


def heads_of(envelopes: Iterable[Envelope]) -> dict[Key, int]:
    """The highest version of each aggregate in `envelopes`."""
    heads: dict[Key, int] = {}
    for envelope in envelopes:
        if envelope.aggregateversion is not None:
            heads[_key(envelope)] = max(heads.get(_key(envelope), 0), envelope.aggregateversion)
    return heads


def _key(envelope: Envelope) -> Key:
    return envelope.type, envelope.subject


def _received(envelope: Envelope) -> Received[Event]:
    return Received(envelope.event, envelope.id, envelope.time, envelope.subject, envelope.aggregateversion)
