import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest

from steward.embedded import EmbeddedServers, Nats, Postgres, provision
from steward.embedded.ports import free_port, listen
from steward.embedded.process import is_alive
from tests.support.servers import ROOT

START = """
import sys
import sysconfig
from pathlib import Path
from steward.embedded import EmbeddedServers
EmbeddedServers(Path(sys.argv[1])).start()
"""


async def fetch(postgres: Postgres, query: str, database: str = "postgres", role: str = "postgres") -> object:
    connection = await asyncpg.connect(postgres.url(database, role))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def publish(broker: Nats, *, stream: str) -> int:
    """Publish one message; the number that the stream holds afterwards."""
    connection = await nats.connect(broker.url())
    try:
        bus = connection.jetstream()
        await bus.add_stream(name=stream, subjects=[f"{stream}.>"])
        return (await bus.publish(f"{stream}.told", b"x")).seq
    finally:
        await connection.close()


async def test_a_stop_keeps_the_data_and_the_addresses(state_folder: Path) -> None:
    servers = EmbeddedServers(state_folder)
    servers.start()
    await fetch(servers.postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert await publish(servers.nats, stream="kept") == 1
    addresses = servers.postgres.url(), servers.nats.url()

    assert servers.stop()
    assert not servers.postgres.running
    assert not servers.nats.running
    assert not servers.stop(), "nothing was left to stop"

    again = EmbeddedServers(state_folder)
    again.start()
    assert (again.postgres.url(), again.nats.url()) == addresses
    assert await fetch(again.postgres, "SELECT answer FROM kept") == 42
    assert await publish(again.nats, stream="kept") == 2


def test_servers_outlive_a_killed_owner_and_the_next_start_takes_them_over(state_folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", f"{START}\nprint('up', flush=True)\nsys.stdin.read()", str(state_folder)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        owner.kill()

    servers = EmbeddedServers(state_folder)
    left = servers.postgres.pid, servers.nats.pid
    assert None not in left
    assert not servers.postgres.start()
    assert not servers.nats.start()
    assert (servers.postgres.pid, servers.nats.pid) == left

    processes = [psutil.Process(pid) for pid in left]
    assert servers.stop()
    assert not any(map(is_alive, processes))


async def test_what_was_committed_survives_the_kill_of_both_servers(state_folder: Path) -> None:
    servers = EmbeddedServers(state_folder)
    servers.start()
    await fetch(servers.postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    await publish(servers.nats, stream="kept")

    servers.postgres.kill()
    servers.nats.kill()
    assert servers.postgres.pid is None
    assert servers.nats.pid is None

    servers.start()
    assert await fetch(servers.postgres, "SELECT answer FROM kept") == 42
    assert await publish(servers.nats, stream="kept") == 2


async def test_two_suites_run_side_by_side_in_two_folders(state_folder: Path) -> None:
    (state_folder / "one").mkdir()
    (state_folder / "two").mkdir()
    one, two = EmbeddedServers(state_folder / "one"), EmbeddedServers(state_folder / "two")
    try:
        await asyncio.gather(asyncio.to_thread(one.start), asyncio.to_thread(two.start))
        await fetch(one.postgres, "CREATE TABLE mine AS SELECT 1")
        assert await fetch(two.postgres, "SELECT to_regclass('mine')") is None
        assert one.nats.port != two.nats.port
        one.stop()
        assert two.postgres.running
        assert two.nats.running
    finally:
        one.destroy()
        two.destroy()


async def test_a_service_cannot_enter_the_database_of_another(servers) -> None:
    await provision(servers.postgres, ["one", "two"])
    await provision(servers.postgres, ["one", "two"])
    assert await fetch(servers.postgres, "SELECT current_user", "one", "one") == "one"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(servers.postgres, "SELECT 1", "two", "one")


def test_nats_moves_to_another_port_when_its_own_is_taken(state_folder: Path) -> None:
    broker = Nats(state_folder / "nats")
    broker.start()
    port = broker.port
    broker.stop()
    with listen("127.0.0.1", port) as taken:
        assert taken.getsockname()[1] == port
        broker.start()
        assert broker.port != port
        assert broker.running
    broker.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_socket_folder(state_folder: Path) -> None:
    deep = state_folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    postgres = Postgres(deep / "postgres")
    try:
        postgres.start()
        assert len(str(postgres.socket_folder)) < 90
        assert postgres.socket_folder.stat().st_mode & 0o077 == 0, "with trust authentication the folder is the lock"
        assert asyncio.run(fetch(postgres, "SELECT 1")) == 1
    finally:
        postgres.destroy()
    assert not postgres.socket_folder.exists()


def test_a_pid_file_that_names_another_process_is_not_believed(state_folder: Path) -> None:
    broker = Nats(state_folder / "nats")
    (state_folder / "nats").mkdir()
    (state_folder / "nats" / "pid").write_text(str(os.getpid()))
    assert broker.pid is None
    assert not broker.stop(), "this test would not live to see it"


def test_a_settings_mistake_shows_the_end_of_the_log(state_folder: Path) -> None:
    postgres = Postgres(state_folder / "postgres")
    postgres.start()
    postgres.stop()
    (postgres.data / "postgresql.auto.conf").write_text("shared_buffers = 'many'\n")
    with pytest.raises(Exception, match="shared_buffers"):
        postgres.start()


def test_the_log_of_postgres_holds_no_values_of_a_failed_statement(servers) -> None:
    async def fail() -> None:
        connection = await asyncpg.connect(await servers.blank_database())
        try:
            await connection.execute("CREATE TABLE person (phone text UNIQUE)")
            await connection.execute("INSERT INTO person VALUES ('13900001234')")
            with contextlib.suppress(asyncpg.UniqueViolationError):
                await connection.execute("INSERT INTO person VALUES ('13900001234')")
        finally:
            await connection.close()

    asyncio.run(fail())
    log = servers.postgres.log.read_text()
    assert "person_phone_key" in log, "the failure itself is logged"
    assert "13900001234" not in log


def test_a_port_is_below_the_range_of_outgoing_connections() -> None:
    assert 20_000 <= free_port("127.0.0.1") < 32_768
    with listen("127.0.0.1") as first, listen("127.0.0.1", first.getsockname()[1]) as second:
        assert isinstance(second, socket.socket)
        assert second.getsockname()[1] != first.getsockname()[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_normal_user_can_run_the_servers(state_folder: Path) -> None:
    shutil.chown(state_folder, "nobody")
    for parent in state_folder.parents:
        parent.chmod(parent.stat().st_mode | 0o055)
    packages = sysconfig.get_path("purelib")
    environment = {
        "PYTHONPATH": f"{ROOT}:{packages}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    python = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path(python).exists():
        pytest.skip(f"{python} is not there, and root's own interpreter is out of reach for other users")
    done = subprocess.run([python, "-c", START, str(state_folder)], user="nobody", group="nogroup", extra_groups=[],
                          env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    servers = EmbeddedServers(state_folder)
    assert psutil.Process(servers.postgres.pid).username() == "nobody"
    assert servers.nats.running
    assert servers.stop()


def test_servers_whose_folder_was_deleted_under_them_do_not_stop_a_new_start(state_folder: Path) -> None:
    servers = EmbeddedServers(state_folder)
    servers.start()
    orphans = [psutil.Process(servers.postgres.pid), psutil.Process(servers.nats.pid)]
    shutil.rmtree(state_folder)
    servers = EmbeddedServers(state_folder)
    servers.start()
    assert servers.postgres.running
    assert servers.nats.running
    assert not any(map(is_alive, orphans))
