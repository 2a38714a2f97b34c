"""Commands as a person types them, against real databases."""

import asyncio
import base64
from pathlib import Path

import orjson
import pytest

from chassis.database import Database
from chassis.dead_letters import bury
from chassis.ids import new_id
from services.referral.main import SERVICE
from steward.suite import Suite
from tests.support.servers import TestServers
from tests.support.suites import steward


@pytest.fixture
async def referral(servers: TestServers, state_folder: Path) -> Database:
    """The database of referral in a folder that looks as after `steward up`."""
    url = await servers.database("referral")
    Suite(state_folder, {"referral": url}, servers.nats_url, ports={}).write()
    database = Database(url, service="referral")
    await database.open()
    yield database
    await database.close()


async def dead_letter(database: Database):
    event_id = new_id()
    async with database.begin() as session:
        await bury(
            session, event_id=event_id, subject="profile.customer.registered.v1", payload=b"{}", error=ValueError("x"), attempts=6
        )
    return event_id


async def state_within(database: Database, event_id, state: str, *, seconds: int) -> bool:
    for _ in range(seconds * 20):
        if await database.pool.fetchval("SELECT state FROM dead_letter WHERE id = $1", event_id) == state:
            return True
        await asyncio.sleep(0.05)
    return False


async def ask(folder: Path, *arguments: str):
    return await asyncio.to_thread(steward, folder, *arguments)


async def test_a_dead_letter_is_listed_and_dropped_by_the_running_service(referral, state_folder, running) -> None:
    event_id = await dead_letter(referral)
    listed = await ask(state_folder, "dead-letters", "list", "--service", "referral")
    assert listed.returncode == 0, listed.stderr
    assert str(event_id) in listed.stdout
    assert "ValueError" in listed.stdout

    async with running(SERVICE, database_url=referral.url):
        dropped = await ask(state_folder, "dead-letters", "drop", "--service", "referral", str(event_id))
        assert "1 letter will be dropped" in dropped.stdout
        assert await state_within(referral, event_id, "dropped", seconds=20)
    assert "no dead letters" in (await ask(state_folder, "dead-letters", "list", "--service", "referral")).stdout


async def test_a_letter_that_is_not_there_and_a_service_that_is_not_there_are_said(referral, state_folder) -> None:
    unknown = await ask(state_folder, "dead-letters", "replay", "--service", "referral", str(new_id()))
    assert unknown.returncode == 1
    assert "has no dead letter" in unknown.stderr
    nobody = await ask(state_folder, "dead-letters", "list", "--service", "treasury")
    assert nobody.returncode == 1
    assert "there is no service 'treasury'" in nobody.stderr


async def test_replay_marks_what_was_sent_and_only_the_type_asked_for(referral, state_folder) -> None:
    for subject in ("referral.points.posted.v1", "referral.code.issued.v1"):
        await referral.pool.execute(
            "INSERT INTO outbox (id, subject, payload, sent_at) VALUES ($1, $2, '', now())", new_id(), subject
        )
    one = await ask(state_folder, "replay", "--service", "referral", "--subject", "referral.code.issued.v1")
    assert one.returncode == 0, one.stderr
    unsent = await referral.pool.fetch("SELECT subject FROM outbox WHERE sent_at IS NULL")
    assert [row["subject"] for row in unsent] == ["referral.code.issued.v1"]


def test_status_and_token_of_a_folder_without_a_suite_say_what_to_do(state_folder: Path) -> None:
    status = steward(state_folder, "status")
    assert status.returncode == 1
    assert "no suite was started" in status.stderr
    token = steward(state_folder, "token")
    assert token.returncode == 1
    assert "run `steward up`" in token.stderr


def test_a_token_carries_what_was_asked_for(state_folder: Path) -> None:
    assert steward(state_folder, "keys").returncode == 0
    made = steward(state_folder, "token", "--role", "adviser", "--staff-no", "S0001", "--branch", "B01", "--hours", "1")
    assert made.returncode == 0, made.stderr
    body = made.stdout.strip().split(".")[1]
    claims = orjson.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims["roles"] == ["adviser"]
    assert (claims["staff_no"], claims["branch"]) == ("S0001", "B01")
    assert claims["exp"] - claims["iat"] == 3600


def test_keys_never_shows_a_key(state_folder: Path) -> None:
    shown = steward(state_folder, "keys")
    assert shown.returncode == 0, shown.stderr
    secret = orjson.loads((state_folder / "keys" / "issuer.json").read_bytes())["d"]
    assert secret not in shown.stdout + shown.stderr


def test_the_same_seed_makes_the_same_sample(tmp_path: Path) -> None:
    arguments = ("--customers", "50", "--seed", "3", "--as-of", "2026-06-30", "--format", "csv")
    for name in ("one", "two"):
        made = steward(tmp_path, "sample", "--out", str(tmp_path / name), *arguments)
        assert made.returncode == 0, made.stderr
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.csv")}
    assert Path("truth.csv") in files
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_a_wrong_sample_size_is_one_line_and_not_a_traceback(tmp_path: Path) -> None:
    refused = steward(tmp_path, "sample", "--out", str(tmp_path / "x"), "--customers", "999999999")
    assert refused.returncode == 1
    assert "customers must be between" in refused.stderr
    assert "Traceback" not in refused.stderr
