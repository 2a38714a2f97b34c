import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from chassis.database import Database, driver
from services.compliance import actions
from services.compliance.rules import leaf_hash
from tests.services.compliance.builders import NOON, act
from tests.support.servers import TestServers

ALL = "SELECT * FROM audit_entry ORDER BY position"


@contextlib.asynccontextmanager
async def fresh_log(servers: TestServers) -> AsyncIterator[Database]:
    database = Database(await servers.database("compliance"), service="compliance", connections=8)
    await database.open()
    yield database
    await database.close()


async def test_an_act_becomes_an_entry_whose_bytes_and_columns_say_the_same(service_session):
    session = await service_session("compliance")
    done = act(roles=("adviser", "auditor"), details={"rows": 3, "by": "code"}, outcome="refused", rule="not-yours")

    assert await actions.record(session, acts=[done], now=NOON + timedelta(seconds=2)) == 1

    row = await (await driver(session)).fetchrow(ALL)
    said = json.loads(row["canonical"])
    for column in ("position", "service", "actor", "roles", "act", "purpose", "outcome", "rule", "request_id"):
        assert row[column] == said[column], column
    assert row["details"] == said["details"] == {"rows": 3, "by": "code"}
    assert [str(row[name]) for name in ("event_id", "act_id", "customer_id")] == [
        said[name] for name in ("event_id", "act_id", "customer_id")
    ]
    assert row["occurred_at"] == NOON
    assert row["digest"] == leaf_hash(row["canonical"])


async def test_an_act_whose_event_has_an_entry_is_left_out_and_leaves_no_hole(service_session):
    session = await service_session("compliance")
    first, second, third = act(), act(), act()
    await actions.record(session, acts=[first, second], now=NOON)

    assert await actions.record(session, acts=[second, third, third, first], now=NOON) == 1

    rows = await (await driver(session)).fetch(ALL)
    assert [(row["position"], row["event_id"]) for row in rows] == list(
        enumerate([first.event_id, second.event_id, third.event_id])
    )


async def test_many_appenders_at_once_leave_no_hole_and_double_no_act(servers):
    async with fresh_log(servers) as database:
        acts = [act() for _ in range(300)]

        async def append(seed: int) -> None:
            chance = random.Random(seed)
            shuffled = chance.sample(acts, len(acts))
            while shuffled:
                block, shuffled = shuffled[:7], shuffled[7:]
                with contextlib.suppress(ZeroDivisionError):
                    async with database.begin() as session:
                        await actions.record(session, acts=block, now=NOON)
                        if chance.random() < 0.2:
                            raise ZeroDivisionError  # a batch that fails after it took its positions

        await asyncio.gather(*(append(seed) for seed in range(6)))
        async with database.begin() as session:
            await actions.record(session, acts=acts, now=NOON)
        rows = await database.pool.fetch("SELECT position, event_id FROM audit_entry ORDER BY position")
    assert [row["position"] for row in rows] == list(range(300))
    assert {row["event_id"] for row in rows} == {one.event_id for one in acts}


async def test_the_counts_are_those_of_the_entries(service_session):
    session = await service_session("compliance")
    later = NOON + timedelta(hours=1)
    await actions.record(session, acts=[act(), act(outcome="refused", rule="x"), act(service="gateway")], now=NOON)
    await actions.record(session, acts=[act(occurred_at=later), act(act="tier.read", service="tiering")], now=NOON)

    connection = await driver(session)
    counted = await connection.fetch("SELECT service, act, outcome, entries, last_at FROM audit_count ORDER BY 1, 2, 3")
    grouped = await connection.fetch(
        "SELECT service, act, outcome, count(*) AS entries, max(occurred_at) AS last_at FROM audit_entry"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    assert counted == grouped
    assert len(counted) == 4
    assert await connection.fetchval("SELECT entries FROM audit_size") == 5


async def test_a_nul_in_an_act_is_kept_in_the_bytes_and_replaced_in_the_columns(service_session):
    session = await service_session("compliance")
    await actions.record(session, acts=[act(actor="a\x00b", details={"k\x00": "v\x00"})], now=NOON)
    row = await (await driver(session)).fetchrow(ALL)
    assert json.loads(row["canonical"])["actor"] == "a\x00b"
    assert row["actor"] == "a\ufffdb"
    assert row["details"] == {"k\ufffd": "v\ufffd"}


STATEMENTS = [
    "UPDATE audit_entry SET actor = 'nobody'",
    "UPDATE audit_entry SET digest = digest WHERE false",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "UPDATE audit_size SET entries = entries + 1",
    "DELETE FROM audit_size",
    "TRUNCATE audit_size",
    "INSERT INTO audit_count VALUES ('profile', 'x', 'done', 1, now())",
    "UPDATE audit_count SET entries = 0",
    "DELETE FROM audit_count",
    "TRUNCATE audit_count",
]
COPY_OF_FIRST = """
INSERT INTO audit_entry SELECT {position}, gen_random_uuid(), service, act_id, actor, roles, act, customer_id, purpose, outcome,
rule, request_id, details, occurred_at, recorded_at, canonical, {digest}, retain_until FROM audit_entry WHERE position = 0
"""


@pytest.mark.parametrize("role", ["service", "superuser", "replica"])
async def test_no_role_can_change_or_empty_the_log_its_size_or_its_counts(servers, role):
    async with fresh_log(servers) as database:
        async with database.begin() as session:
            await actions.record(session, acts=[act(), act()], now=NOON)
        before = await database.pool.fetch(ALL)
        url = database.url if role == "service" else database.url.replace("//compliance@", "//postgres@")
        other = Database(url, service="compliance")
        await other.open()
        connection = await other.connect()
        assert await connection.fetchval("SELECT current_user") == ("compliance" if role == "service" else "postgres")
        if role == "replica":
            await connection.execute("SET session_replication_role = replica")
        for statement in STATEMENTS:
            with pytest.raises(Exception, match="refused") as refusal:
                await connection.execute(statement)
            assert refusal.value.sqlstate == "23001", statement
        await connection.close()
        await other.close()
        assert await database.pool.fetch(ALL) == before
        assert await database.pool.fetchval("SELECT entries FROM audit_size") == 2


@pytest.mark.parametrize(
    ("position", "constraint"),
    [("2", "gap_free"), ("-1", "gap_free"), ("unnest(ARRAY[-1, 2])", "gap_free"), ("0", "pk_audit_entry")],
)
async def test_an_entry_that_does_not_follow_the_last_is_refused(service_session, position, constraint):
    session = await service_session("compliance")
    await actions.record(session, acts=[act()], now=NOON)
    with pytest.raises(Exception, match=r"do not follow|duplicate key") as refusal:
        await (await driver(session)).execute(COPY_OF_FIRST.format(position=position, digest="digest"))
    assert refusal.value.constraint_name == constraint


async def test_an_entry_whose_hash_is_not_that_of_its_bytes_is_refused(service_session):
    session = await service_session("compliance")
    await actions.record(session, acts=[act()], now=NOON)
    with pytest.raises(Exception, match="ck_audit_entry_digest"):
        await (await driver(session)).execute(COPY_OF_FIRST.format(position=1, digest="sha256(canonical)"))


async def test_an_entry_without_its_act_does_not_commit(servers):
    async with fresh_log(servers) as database:
        with pytest.raises((DBAPIError, Exception), match="whole_or_pruned"):
            async with database.begin() as session:
                await actions.record(session, acts=[act(), act(act_id=None)], now=NOON)
        assert await database.pool.fetchval("SELECT count(*) FROM audit_entry") == 0
        assert await database.pool.fetchval("SELECT entries FROM audit_size") == 0
