"""A service with nothing but the chassis: it writes down what it is told, so that tests can see every effect."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from typing import ClassVar
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import BaseModel
from pydantic_settings import SettingsConfigDict
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.clock import Clock
from chassis.database import Database, Session, driver
from chassis.http import Caller, Now, SessionDep, operation
from chassis.ids import new_id
from chassis.inbox import Context, Inbox, Reactions, Received
from chassis.outbox import emit
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.tables import new_metadata
from chassis.timers import Timer, Timers
from contracts.events import Envelope, Event, open_envelope, seal
from contracts.events.referral import CodeIssued
from contracts.events.tiering import TierChanged
from contracts.values import RuleBroken, Scope, Tier
from tests.support.apps import Running, run_service
from tests.support.servers import TestServers


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """Tables of the probe."""


class Applied(Base, table=True):
    """One row for each effect of each event: a doubled effect is a doubled row."""

    __tablename__ = "applied"
    id: int | None = Field(default=None, primary_key=True)
    aggregate: str
    version: int | None


class Fired(Base, table=True):
    """One row for each firing of a timer."""

    __tablename__ = "fired"
    id: int | None = Field(default=None, primary_key=True)
    key: str


class Note(Base, table=True):
    """What requests write."""

    __tablename__ = "note"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: UUID
    text: str


class Settings(ServiceSettings):
    """Settings of the probe."""

    name: ClassVar[str] = "referral"  # a real service's name, because its audit events need a type
    model_config = SettingsConfigDict(env_prefix="STEWARD_PROBE_")


POISONED = "POISON"
"""A code that the reaction refuses as long as `poisoning` is on."""


class State:
    """What tests switch and read."""

    poisoning = True
    attempts: ClassVar[list[float]] = []
    failing_timers: ClassVar[set[str]] = set()
    held = asyncio.Event()


reactions = Reactions()
timers = Timers()
router = APIRouter()


@reactions.on(TierChanged)
async def on_tier(session: Session, received: Sequence[Received[TierChanged]], context: Context) -> None:
    """Write down each effect."""
    connection = await driver(session)
    await connection.executemany(
        "INSERT INTO applied (aggregate, version) VALUES ($1, $2)", [(one.aggregate, one.version) for one in received]
    )


@reactions.on(CodeIssued)
async def on_code(session: Session, received: Sequence[Received[CodeIssued]], context: Context) -> None:
    """Write down each effect, unless a code is poison."""
    for one in received:
        if one.event.code == POISONED and State.poisoning:
            State.attempts.append(asyncio.get_running_loop().time())
            raise RuntimeError("this message cannot be taken")
        session.add(Applied(aggregate=one.aggregate, version=None))
    await session.flush()


@timers.on("probe")
async def on_timer(session: Session, timer: Timer, context: Context) -> None:
    """Write down each firing."""
    if timer.key in State.failing_timers:
        raise RuntimeError("this timer cannot fire")
    session.add(Fired(key=timer.key))
    await session.flush()


class NoteIn(BaseModel):
    """A note."""

    text: str = Field(min_length=1, max_length=20)


class TooRude(RuleBroken):
    """A note has a word that may not be in it."""

    rule = "too-rude"
    fix = "Say it kindly."


@router.post("/v1/customers/{customer_id}/notes", status_code=201, **operation(scope=Scope.PROFILE_WRITE, errors={TooRude: 422}))
async def write_note(customer_id: UUID, note: NoteIn, caller: Caller, session: SessionDep, now: Now) -> dict[str, int]:
    """Write a note and tell of it."""
    row = Note(customer_id=customer_id, text=note.text)
    session.add(row)
    await session.flush()
    await emit(session, CodeIssued(customer_id=new_id(), code="NOTE"))
    if note.text == "rude":
        raise TooRude("a rude word")
    if note.text == "broken":
        raise RuntimeError(f"a fault that quotes {note.text}")
    if note.text == "slow":
        connection = await driver(session)
        await connection.execute("SELECT pg_sleep(0.3)")
    return {"id": row.id or 0}


SERVICE = Service(settings=Settings, routers=[router], reactions=reactions, timers=timers)


def tier_changed(customer: UUID, version: int) -> TierChanged:
    """An event that must be applied in order."""
    return TierChanged(
        customer_id=customer,
        version=version,
        tier=Tier.VIP,
        previous=None,
        reason="vip.assets",
        policy_version=1,
        as_of=date(2026, 1, 1),
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        package="vip",
    )


def enveloped(event: Event) -> Envelope:
    """The event as it would arrive."""
    return open_envelope(seal(event, event_id=new_id(), time=datetime(2026, 1, 1, tzinfo=UTC)))


async def tables(url: str) -> str:
    """Make the probe's tables in an empty database."""
    database = Database(url, service="referral")
    await database.open()
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    finally:
        await database.close()
    return url


@contextlib.asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[Database]:
    """A database of the probe."""
    database = Database(url, service="referral", clock=clock)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def context(clock: Clock | None = None, **settings: object) -> Context:
    """What reactions and timers get."""
    given = {"database_url": "postgresql://unused", "nats_url": "nats://unused", "retry_seconds": 0.05, **settings}
    return Context(clock or Clock(), Settings(**given))


def inbox() -> Inbox:
    """The probe's inbox."""
    return Inbox(reactions, context())


async def effects(connection: "asyncpg.Pool | asyncpg.Connection") -> dict[str, list[int | None]]:
    """The versions that took effect, by aggregate, in order of effect."""
    found: dict[str, list[int | None]] = {}
    for row in await connection.fetch("SELECT aggregate, version FROM applied ORDER BY id"):
        found.setdefault(row["aggregate"], []).append(row["version"])
    return found


@contextlib.asynccontextmanager
async def running(servers: TestServers, **settings: object) -> AsyncIterator[Running]:
    """The probe, running on a database and a broker of its own."""
    if "database_url" not in settings:
        settings["database_url"] = await tables(await servers.blank_database())
    async with run_service(servers, SERVICE, **settings) as service:
        yield service
