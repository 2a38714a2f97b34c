"""How long entries are kept whole, what may go afterwards, and what then still holds."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from chassis.database import driver
from chassis.ids import new_id
from services.compliance import actions
from services.compliance import suitability as sales
from services.compliance.audit_tree.checks import check
from services.compliance.audit_tree.rules.hashing import leaf_hash, root_of
from services.compliance.audit_tree.rules.lines import PRUNED
from services.compliance.audit_tree.rules.places import changed_blocks, changes, misplaced, named
from services.compliance.main import SERVICE
from services.compliance.retention.actions import prune
from services.compliance.retention.policy import retention
from services.compliance.retention.store import BODY
from tests.services.compliance.builders import act
from tests.support.apps import run_service

LONG_AGO = datetime(2010, 5, 6, tzinfo=UTC)
RECENTLY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "name", "years"),
    [
        ("customer.read", "identity", 10),
        ("suitability.checked", "sale", 20),
        ("points.posted", "transaction", 10),
        ("x", "other", 10),
    ],
)
def test_the_longest_class_of_an_act_wins_and_none_is_below_ten_years(kind, name, years):
    policy = retention()
    assert policy.class_of(kind).name == name
    assert policy.until(kind, LONG_AGO) == LONG_AGO.replace(year=2010 + years)
    assert min(one.years for one in policy.classes) >= 10


def test_every_act_of_a_sale_has_the_class_of_sales():
    code = Path(sales.__file__).parents[1]
    texts = [path.read_text() for room in ("suitability", "care", "recording") for path in (code / room).rglob("*.py")]
    acts = {act for text in texts for act in re.findall(r"act=\"([a-z_]+\.[a-z_]+)\"", text)}
    assert len(acts) > 8
    assert {act for act in acts if retention().class_of(act).name != "sale"} == set()


async def test_only_bodies_whose_time_is_over_go_and_leaf_hashes_stay(service_session):
    session = await service_session("compliance")
    connection = await driver(session)
    await actions.record(session, acts=[act(), act(act="suitability.checked"), act()], now=LONG_AGO)
    await actions.record(session, acts=[act()], now=RECENTLY)
    before = await connection.fetch("SELECT position, digest, event_id FROM audit_entry ORDER BY position")
    done = await prune(session, first=0, caller="timer:audit.prune", now=RECENTLY)
    assert (done.entries, done.next) == (2, None)
    after = await connection.fetch("SELECT position, digest, event_id, canonical, actor FROM audit_entry ORDER BY position")
    assert [(row["position"], row["digest"], row["event_id"]) for row in after] == [tuple(row) for row in before]
    assert [row["canonical"] is None for row in after] == [True, False, True, False]
    assert after[0]["actor"] is None
    assert (await prune(session, first=0, caller="timer:audit.prune", now=RECENTLY)).entries == 0


WITHOUT_BODY = f"UPDATE audit_entry SET {', '.join(f'{column} = NULL' for column in BODY)}"


@pytest.mark.parametrize(
    "statement",
    [
        WITHOUT_BODY,
        "UPDATE audit_entry SET actor = 'somebody'",
        "UPDATE audit_entry SET retain_until = now() - interval '1 day'",
        "DELETE FROM audit_entry",
    ],
)
async def test_the_database_itself_refuses_anything_before_the_time_is_over(service_session, statement):
    session = await service_session("compliance")
    await actions.record(session, acts=[act(act="suitability.checked")], now=RECENTLY)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await (await driver(session)).execute(statement)


async def test_a_search_column_that_says_something_else_than_the_signed_bytes_is_named(servers):
    async with run_service(servers, SERVICE) as service:
        async with service.database.begin() as session:
            await actions.record(session, acts=[act() for _ in range(3)], now=service.clock.now())
        found = await check(service.database, first=0, now=service.clock.now())
        assert (found.checked, found.found) == (3, 0)
        connection = await asyncpg.connect(servers.postgres.url(make_url(service.runtime.settings.database_url).database))
        await connection.execute("SET session_replication_role = replica; ALTER TABLE audit_entry DISABLE TRIGGER USER;")
        await connection.execute("UPDATE audit_entry SET outcome = 'refused' WHERE position = 1")
        await connection.close()
        found = await check(service.database, first=0, now=service.clock.now())
        assert [(one.position, one.columns) for one in found.differing] == [(1, ["outcome"])]


def line(position, event, actor="a"):
    return json.dumps({"position": position, "event_id": event, "actor": actor}).encode()


def test_a_changed_block_is_found_by_the_stored_node_and_a_pruned_line_counts_by_its_leaf_hash():
    lines = [line(place, str(place)) for place in range(600)]
    nodes = [root_of([leaf_hash(one) for one in lines[first : first + 256]]) for first in (0, 256)]
    assert changed_blocks(lines, nodes, first=0, size=600) == []
    pruned = [*lines[:10], PRUNED + leaf_hash(lines[10]).hex().encode(), *lines[11:]]
    assert changed_blocks(pruned, nodes, first=0, size=600) == []
    edited = [*lines[:300], line(300, "300", "b"), *lines[301:]]
    assert changed_blocks(edited, nodes, first=0, size=600) == [range(256, 512)]


def test_against_an_earlier_export_each_kind_of_change_is_named_by_position():
    before = [line(place, str(place)) for place in range(6)]
    assert changes(before, [*before, line(6, "6")]) == {"edited": [], "deleted": [], "inserted": [], "reordered": []}
    assert changes(before, [*before[:2], line(2, "2", "b"), *before[3:]])["edited"] == [2]
    assert changes(before, [*before[:2], *(line(place - 1, str(place)) for place in range(3, 6))])["deleted"] == [2]
    extra = [*before[:2], line(2, str(new_id())), *(line(place + 1, str(place)) for place in range(2, 6))]
    assert changes(before, extra)["inserted"] == [2]
    assert changes(before, [before[0], line(1, "2"), line(2, "1"), *before[3:]])["reordered"] == [1, 2]
    assert misplaced([before[0], before[2]]) == [1]


def test_positions_are_told_as_stretches_and_no_endless_list():
    assert named([7, 3, 4, 5]) == "3 to 5, 7"
    assert named(range(0, 100, 2)).endswith("and 40 more")
