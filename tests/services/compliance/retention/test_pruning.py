"""Entries that were recorded long ago: the database's clock is the real one, so the past is where retention is over."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from chassis.database import driver
from contracts.values import Role, Scope
from services.compliance import actions as log
from services.compliance.audit_tree import actions as tree
from services.compliance.audit_tree.bundle import verify_bundle
from services.compliance.audit_tree.keys import open_key
from services.compliance.audit_tree.rules.lines import LogTampered
from services.compliance.main import SERVICE
from services.compliance.retention import actions
from services.compliance.retention.store import BODY
from tests.services.compliance.builders import NOON, act
from tests.support.waiting import eventually

LONG_AGO = datetime(2010, 3, 2, 4, tzinfo=UTC)
BODIES = "SELECT position FROM audit_entry WHERE canonical IS NOT NULL ORDER BY position"
GONE = ", ".join(f"{column} = NULL" for column in BODY)


async def three(session) -> None:
    """Position 0: over. 1: a sale of the same day, kept for 20 years. 2: of this year."""
    await log.record(session, acts=[act(occurred_at=LONG_AGO), act(act="sale.closed", occurred_at=LONG_AGO)], now=LONG_AGO)
    await log.record(session, acts=[act()], now=NOON)


async def whole(session) -> list[int]:
    return [row["position"] for row in await (await driver(session)).fetch(BODIES)]


async def test_pruning_is_an_act_of_its_own_and_finding_nothing_is_none(service_session):
    session = await service_session("compliance")
    await three(session)
    for _ in range(2):
        await actions.prune(session, first=0, caller="timer:x", now=datetime.now(UTC))
    sent = await (await driver(session)).fetch("SELECT payload FROM outbox WHERE subject LIKE '%audit.recorded%'")
    (told,) = [json.loads(row["payload"])["data"] for row in sent]
    assert (told["act"], told["details"]) == ("audit.pruned", {"entries": 1, "first": 0, "last": 0, "policy": 1})


async def test_a_service_whose_clock_runs_ahead_removes_nothing_more(service_session):
    session = await service_session("compliance")
    await three(session)
    await actions.prune(session, first=0, caller="timer:x", now=NOON + timedelta(days=36_500))
    assert await whole(session) == [1, 2]


async def test_an_entry_that_lost_its_body_gets_no_other(service_session):
    session = await service_session("compliance")
    await three(session)
    connection = await driver(session)
    await actions.prune(session, first=0, caller="timer:x", now=datetime.now(UTC))
    back = "UPDATE audit_entry SET (%s) = (SELECT %s FROM audit_entry WHERE position = 1) WHERE position = 0"
    with pytest.raises(Exception, match="append-only"):
        await connection.execute(back % ((", ".join(BODY),) * 2))


async def test_an_entry_cannot_come_without_its_body(service_session):
    session = await service_session("compliance")
    await three(session)
    bare = """
    INSERT INTO audit_entry (position, event_id, recorded_at, digest, retain_until)
    SELECT 3, gen_random_uuid(), recorded_at, digest, retain_until FROM audit_entry WHERE position = 2
    """
    with pytest.raises(Exception, match=r"refused|null value"):
        await (await driver(session)).execute(bare)


async def test_a_pruned_act_that_is_delivered_again_gets_no_second_entry(service_session):
    session = await service_session("compliance")
    old = act(occurred_at=LONG_AGO)
    await log.record(session, acts=[old], now=LONG_AGO)
    await actions.prune(session, first=0, caller="timer:x", now=datetime.now(UTC))
    assert await log.record(session, acts=[old], now=NOON) == 0


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        yield found


async def recorded(service, count: int, at: datetime) -> str:
    """So many entries, and the checkpoint over them, signed at the time."""
    async with service.database.begin() as session:
        await log.record(session, acts=[act(occurred_at=at) for _ in range(count)], now=at)
        key = open_key(service.runtime.settings.audit_key)
        return (await tree.sign(session, signer=key.signer, now=at)).note


async def exported(service, path):
    headers = service.headers(Scope.AUDIT_EXPORT, roles=[Role.AUDITOR])
    path.write_bytes((await service.client.get("/v1/audit/export", headers=headers)).content)
    return path


async def test_after_pruning_searches_proofs_checkpoints_and_bundles_still_hold(service, tmp_path):
    auditor = service.headers(Scope.AUDIT_READ, roles=[Role.AUDITOR])
    operator = service.headers(Scope.AUDIT_PRUNE)
    pinned = open_key(service.runtime.settings.audit_key).signer.key
    kept = [await recorded(service, 300, LONG_AGO), await recorded(service, 5, service.clock.now())]
    refused = await service.client.post("/v1/audit/prunes", json={}, headers=auditor)
    done = await service.client.post("/v1/audit/prunes", json={}, headers=operator)
    assert (refused.status_code, done.json()) == (403, {"entries": 300, "next": None})

    await service.settled()
    verified = verify_bundle(await exported(service, tmp_path / "log.zip"), pinned=pinned, kept=kept)
    assert (verified.pruned, verified.checkpoint.size >= 306) == (300, True)
    query = {"position": 7, "size": 305}
    assert (await service.client.get("/v1/audit/proofs/inclusion", params=query, headers=auditor)).status_code == 200
    found = (await service.client.get("/v1/audit/entries", params={"limit": 200}, headers=auditor)).json()["items"]
    assert {one["position"] for one in found} >= {300, 301, 302, 303, 304}
    assert "audit.pruned" in {one["act"] for one in found}
    first = next(one for one in found if one["position"] == 300)
    assert (first["retention"], int(first["retain_until"][:4]) - int(first["recorded_at"][:4])) == ("identity", 10)
    checks = (await service.client.get("/v1/audit/checks", headers=auditor)).json()
    assert (checks["pruned"], checks["found"], checks["next"]) == (300, 0, None)


async def test_bodies_that_went_before_their_time_are_found_in_a_bundle(service, tmp_path):
    pinned = open_key(service.runtime.settings.audit_key).signer.key
    await recorded(service, 2, LONG_AGO)
    for _ in range(2):
        await recorded(service, 3, service.clock.now())
    await service.database.pool.execute(
        f"ALTER TABLE audit_entry DISABLE TRIGGER USER; UPDATE audit_entry SET {GONE} WHERE position IN (0, 6)"
    )
    bundle = await exported(service, tmp_path / "log.zip")
    with pytest.raises(LogTampered, match="before their retention was over, at positions 6"):
        verify_bundle(bundle, pinned=pinned)


async def test_the_yearly_timer_prunes_and_is_set_again(service):
    await recorded(service, 2, LONG_AGO)
    due = "SELECT due_at FROM timer WHERE kind = 'audit.prune' AND state = 'due'"
    first = await service.database.pool.fetchval(due)
    service.clock.advance(timedelta(days=366))

    async def again() -> bool:
        return (await service.database.pool.fetchval(due) or first) > first

    await eventually(again)
    assert await service.database.pool.fetchval("SELECT count(*) FROM audit_entry WHERE canonical IS NULL") == 2
