"""However deliveries are duplicated, delayed and shuffled, the state that they end in is the same."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.inbox import Reactions, heads_of, in_turn
from contracts.events import Envelope
from contracts.events.referral import CodeIssued
from contracts.events.tiering import TierChanged
from tests.chassis import probe
from tests.support.servers import TestServers

CUSTOMERS = [UUID(int=number) for number in (1, 2, 3)]
VERSIONED = [probe.enveloped(probe.tier_changed(customer, version)) for customer in CUSTOMERS for version in (1, 2, 3, 4)]
UNVERSIONED = [probe.enveloped(CodeIssued(customer_id=UUID(int=100 + number), code="OK")) for number in range(3)]
EVERYTHING = [*VERSIONED, *UNVERSIONED]
IN_ORDER = {str(customer): [1, 2, 3, 4] for customer in CUSTOMERS} | {envelope.subject: [None] for envelope in UNVERSIONED}


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Envelope]]:
    """All events, some more than once, in any order, cut into batches."""
    repeated = draw(st.lists(st.sampled_from(EVERYTHING), max_size=12))
    order = draw(st.permutations([*EVERYTHING, *repeated]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=6)))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@pytest.fixture(scope="module")
async def database(servers: TestServers) -> AsyncIterator[Database]:
    async with probe.opened(await probe.tables(await servers.blank_database())) as found:
        yield found


async def deliver(database: Database, batches: Sequence[Sequence[Envelope]]) -> None:
    inbox = probe.inbox()
    for batch in batches:
        async with database.begin() as session:
            await inbox.apply(session, batch)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=deliveries())
async def test_any_order_and_any_duplication_ends_in_the_same_state(database: Database, batches: list[list[Envelope]]) -> None:
    await database.pool.execute("TRUNCATE applied, inbox, aggregate_version, parked")
    await deliver(database, batches)
    assert await probe.effects(database.pool) == IN_ORDER
    assert await database.pool.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_gap_is_held_back_and_seen_and_heals_when_the_missing_event_comes(database: Database) -> None:
    await database.pool.execute("TRUNCATE applied, inbox, aggregate_version, parked")
    first, second, third, fourth = VERSIONED[:4]
    await deliver(database, [[first, fourth], [third]])
    assert await probe.effects(database.pool) == {first.subject: [1]}
    assert await database.pool.fetchval("SELECT array_agg(version ORDER BY version) FROM parked") == [3, 4]
    await deliver(database, [[second]])
    assert await probe.effects(database.pool) == {first.subject: [1, 2, 3, 4]}
    assert await database.pool.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_batch_that_fails_has_done_nothing(database: Database) -> None:
    await database.pool.execute("TRUNCATE applied, inbox, aggregate_version, parked")
    probe.State.poisoning = True
    poison = probe.enveloped(CodeIssued(customer_id=UUID(int=9), code=probe.POISONED))
    with pytest.raises(RuntimeError):
        await deliver(database, [[VERSIONED[0], poison]])
    assert await probe.effects(database.pool) == {}
    assert await database.pool.fetchval("SELECT count(*) FROM inbox") == 0


@given(order=st.permutations(VERSIONED), reached=st.integers(0, 4))
def test_what_is_in_turn_is_contiguous_and_the_rest_waits_or_is_old(order: list[Envelope], reached: int) -> None:
    start = {(TierChanged.type, str(customer)): reached for customer in CUSTOMERS}
    due, early = in_turn(order, start)
    assert early == []
    for customer in CUSTOMERS:
        versions = [envelope.aggregateversion for envelope in due if envelope.subject == str(customer)]
        assert versions == list(range(reached + 1, 5))
    assert all(version == 4 for version in heads_of(due).values())


def test_a_type_has_one_reaction_only() -> None:
    reactions = Reactions()
    reactions.on(TierChanged)(probe.on_tier)
    with pytest.raises(ValueError, match="has a reaction already"):
        reactions.on(TierChanged)(probe.on_tier)
