"""`steward up` from outside: start, stop, be killed, start again."""

import asyncio
import time
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from steward.embedded import EmbeddedServers
from steward.embedded.ports import listen
from steward.embedded.process import processes_matching
from steward.folder import sole_owner
from steward.suite import APPS
from tests.support.suites import started, steward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def nothing_runs(folder: Path) -> bool:
    servers = EmbeddedServers(folder)
    return (
        servers.postgres.pid is None and servers.nats.pid is None and not list(processes_matching("steward.serve", str(folder)))
    )


def audited(suite) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(suite.databases["tiering"])
        try:
            return await connection.fetchval("SELECT count(*) FROM outbox")
        finally:
            await connection.close()

    return asyncio.run(count())


def test_a_stopped_suite_leaves_nothing_running_and_starts_again_where_it_was(state_folder: Path) -> None:
    with started(state_folder) as first:
        suite = first.ready()
        told = audited(suite)
        assert told > 0, "the default policies were published"
        assert first.stop() == 0
    assert nothing_runs(state_folder)

    begun = time.monotonic()
    with started(state_folder) as second:
        again = second.ready()
        assert time.monotonic() - begun < 30, "a second start takes seconds"
        assert again.ports == suite.ports
        assert again.nats_url == suite.nats_url
        assert audited(again) == told, "the data is there, and nothing was seeded twice"
        assert second.stop() == 0


def test_a_newcomer_gets_in_with_the_printed_token_and_nobody_without(state_folder: Path) -> None:
    with started(state_folder) as up:
        suite = up.ready()
        printed = steward(state_folder, "token").stdout.strip()
        address = f"{suite.url('gateway')}/v1/summary/tiers"
        assert httpx.get(address).status_code == 401
        assert httpx.get(address, headers={"Authorization": f"Bearer {printed}"}).status_code == 200
        deadline = time.monotonic() + 10
        while f"{suite.url('gateway')}/docs" not in up.output and time.monotonic() < deadline:
            time.sleep(0.1)
        assert f"{suite.url('gateway')}/docs" in up.output

        shown = steward(state_folder, "status")
        assert shown.returncode == 0, shown.stderr
        assert all(name in shown.stdout for name in APPS)
        assert "unready" not in shown.stdout


def test_a_folder_has_one_suite_at_a_time(state_folder: Path) -> None:
    with sole_owner(state_folder):
        refused = steward(state_folder, "up")
    assert refused.returncode == 1
    assert "a suite is running" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_after_a_kill_of_the_supervisor_the_next_start_takes_over(state_folder: Path) -> None:
    with started(state_folder) as first:
        told = audited(first.ready())
        first.kill()
        assert not nothing_runs(state_folder), "the servers outlive it"
        assert steward(state_folder, "status").returncode == 1
        with started(state_folder) as second:
            assert audited(second.ready()) == told
            assert second.stop() == 0
    assert nothing_runs(state_folder)


def test_down_stops_a_running_suite_and_the_leftovers_of_a_killed_one(state_folder: Path) -> None:
    with started(state_folder) as first:
        first.ready()
        assert "suite" in steward(state_folder, "down").stdout
        assert first.process.wait(20) == 0
    assert nothing_runs(state_folder)

    with started(state_folder) as second:
        second.ready()
        second.kill()
        assert "servers" in steward(state_folder, "down").stdout
        assert nothing_runs(state_folder)
        assert "nothing was running" in steward(state_folder, "down").stdout


def test_split_gives_each_app_a_process_and_none_outlives_the_supervisor(state_folder: Path) -> None:
    with started(state_folder, "--split") as up:
        suite = up.ready()
        processes = {name: list(processes_matching("steward.serve", name, str(state_folder))) for name in APPS}
        assert all(len(found) == 1 for found in processes.values()), processes
        up.kill()
        deadline = time.monotonic() + 30
        while list(processes_matching("steward.serve", str(state_folder))) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert list(processes_matching("steward.serve", str(state_folder))) == []

    with started(state_folder, "--split") as again:
        assert again.ready().ports == suite.ports
        victim = psutil.Process(next(iter(processes_matching("steward.serve", "referral", str(state_folder)))).pid)
        victim.kill()
        assert again.process.wait(45) == 1, "a suite without one of its parts does not pretend"
        assert "referral ended by itself" in again.output
    assert nothing_runs(state_folder)


def test_a_port_that_was_asked_for_and_is_taken_is_said(state_folder: Path) -> None:
    with listen("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        refused = steward(state_folder, "up", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port}, wished for gateway, is taken" in refused.stderr
    assert nothing_runs(state_folder)
