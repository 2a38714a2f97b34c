"""A process that emits and relays, and is killed by SIGKILL at a chosen publish. Forks a child for each round.

    python -m tests.chassis.dying_relay <database url> <nats url> <rounds>

Each round: emit a transaction of events, relay, die at the next point. Points walk over every message of a batch (before it goes
to the wire) and over the moment between the broker's answer and the mark in the outbox. Prints one line a round.
"""

import asyncio
import os
import signal
import sys
from uuid import UUID, uuid5

from chassis import relay as relaying
from chassis.bus import Bus, Outgoing
from chassis.database import Database
from chassis.outbox import emit
from chassis.relay import Relay
from tests.chassis import probe

AGGREGATES = [uuid5(UUID(int=0), str(number)) for number in range(4)]
BATCH = 5
EVENTS_A_ROUND = 2 * len(AGGREGATES)
POINTS = EVENTS_A_ROUND + 2  # every message, and the gap behind each of the two batches


def die() -> None:
    """The end of this process, with no chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingBus(Bus):
    """Dies at the `point`-th message, or right after the broker has stored a batch."""

    def __init__(self, settings: probe.Settings, point: int) -> None:
        super().__init__(settings)
        self._left = point

    async def publish(self, batch: list[Outgoing]) -> None:  # type: ignore[override]
        """Publish, counting down."""
        for send in ("publish", "request"):
            self._count_down(send)
        await super().publish(batch)
        self._step()

    def _count_down(self, name: str) -> None:
        original = type(self.client).__dict__[name]

        async def counted(*arguments: object, **keywords: object) -> object:
            if keywords.get("headers"):
                self._step()
            return await original(self.client, *arguments, **keywords)

        setattr(self.client, name, counted)

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            die()


async def live_and_die(database_url: str, nats_url: str, number: int) -> None:
    """One round of one process's life."""
    relaying.BATCH = BATCH
    settings = probe.Settings(database_url=database_url, nats_url=nats_url)
    async with probe.opened(database_url) as database:
        await write(database, number)
        bus = DyingBus(settings, point=1 + (number - 1) % POINTS)
        await bus.open()
        await Relay(database, bus).run()


async def write(database: Database, number: int) -> None:
    """Emit this round's events: the next two versions of each aggregate."""
    async with database.begin() as session:
        versions = (2 * number - 1, 2 * number)
        await emit(session, *[probe.tier_changed(aggregate, version) for version in versions for aggregate in AGGREGATES])


def main() -> None:
    """Run the rounds, each in a forked child."""
    database_url, nats_url, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for number in range(1, rounds + 1):
        child = os.fork()
        if child == 0:
            asyncio.run(live_and_die(database_url, nats_url, number))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        print(number, "killed" if os.WIFSIGNALED(status) else f"exit {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
