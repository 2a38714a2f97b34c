"""`steward audit` as an auditor types it, against a log that runs."""

import asyncio
from datetime import UTC, datetime

import pytest

from contracts.values import Role, Scope
from services.compliance.audit_tree.keys import create_key
from services.compliance.main import SERVICE
from steward.suite import KeyFiles
from tests.services.compliance.audit_tree.builders import recorded
from tests.support.suites import steward


@pytest.fixture
def key_file(state_folder):
    path = KeyFiles(state_folder / "keys").audit_key
    create_key(path, "bank.example/audit")
    return path


@pytest.fixture
async def log(running, key_file, state_folder):
    """A log on a real socket, and how to reach it: the service itself stands where the gateway would."""
    async with running(SERVICE, listening=True, audit_key=key_file) as service:
        token = state_folder / "token"
        token.write_text(service.token(Scope.AUDIT_READ, Scope.AUDIT_EXPORT, roles=[Role.AUDITOR]))
        yield service, ("--url", str(service.client.base_url), "--token-file", str(token))


async def ask(folder, *arguments: str):
    return await asyncio.to_thread(steward, folder, "audit", *arguments)


async def test_a_live_log_and_its_bundle_are_verified_from_the_command_line(log, state_folder):
    service, at = log
    await recorded(service.database, 400, now=service.clock.now())
    kept = await ask(state_folder, "checkpoint", *at)
    assert kept.returncode == 0, kept.stderr
    (state_folder / "kept").write_text(kept.stdout)
    await recorded(service.database, 5, now=service.clock.now())

    live = await ask(state_folder, "verify", *at, "--since", str(state_folder / "kept"))
    assert live.returncode == 0, live.stderr
    assert "405 entries" in live.stdout

    bundle = state_folder / "log.zip"
    assert (await ask(state_folder, "export", *at, "--out", str(bundle))).returncode == 0
    key = (await ask(state_folder, "key")).stdout.strip()
    (state_folder / "keys" / "audit.json").unlink()
    offline = await ask(state_folder, "verify", "--bundle", str(bundle), "--key", key)
    assert offline.returncode == 0, offline.stderr
    assert "bank.example/audit" in offline.stdout

    bundle.write_bytes(bundle.read_bytes()[:-200])
    broken = await ask(state_folder, "verify", "--bundle", str(bundle), "--key", key)
    assert (broken.returncode, "bundle-unreadable" in broken.stderr) == (1, True)


async def test_a_log_that_was_cut_is_told_in_a_line_with_exit_code_1(log, state_folder):
    service, at = log
    await recorded(service.database, 10, now=service.clock.now())
    (state_folder / "kept").write_text((await ask(state_folder, "checkpoint", *at)).stdout)
    tables = ("audit_entry", "audit_size", "audit_checkpoint")
    await service.database.pool.execute(
        "".join(f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in tables)
        + "DELETE FROM audit_entry WHERE position > 4; UPDATE audit_size SET entries = 5; DELETE FROM audit_checkpoint"
    )
    found = await ask(state_folder, "verify", *at, "--since", str(state_folder / "kept"))
    assert found.returncode == 1
    assert "log-tampered: the log had 10 entries already, and now says" in found.stderr
    assert "Traceback" not in found.stderr


async def test_the_witness_keeps_its_state_in_its_file_and_refuses_with_exit_code_1(log, state_folder):
    service, at = log
    state, out = state_folder / "w" / "witness.json", state_folder / "cosigned"
    looking = ("witness", *at, "--state", str(state), "--out", str(out))
    await recorded(service.database, 3, now=service.clock.now())
    await ask(state_folder, "checkpoint", *at)
    first = await ask(state_folder, *looking)
    assert first.returncode == 0, first.stderr
    assert out.read_text() == first.stdout
    verified = await ask(state_folder, "verify", *at, "--since", str(out))
    assert verified.returncode == 0, verified.stderr

    tables = ("audit_entry", "audit_checkpoint")
    await service.database.pool.execute(
        "".join(f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in tables)
        + "UPDATE audit_entry SET canonical = 'x', digest = sha256('\\x00'::bytea || 'x') WHERE position = 1;"
        "DELETE FROM audit_checkpoint"
    )
    await ask(state_folder, "checkpoint", *at)
    before = state.read_bytes()
    second = await ask(state_folder, *looking)
    assert (second.returncode, "not consistent" in second.stderr) == (1, True)
    assert state.read_bytes() == before


async def test_rotating_the_key_prints_another_public_key_and_the_log_signs_with_it_at_once(log, state_folder):
    service, at = log
    await recorded(service.database, 2, now=service.clock.now())
    old = (await ask(state_folder, "key")).stdout.strip()
    await ask(state_folder, "checkpoint", *at)
    new = (await ask(state_folder, "key", "--rotate")).stdout.strip()
    assert old != new
    await recorded(service.database, 1, now=service.clock.now())
    for key in (old, new):
        found = await ask(state_folder, "verify", *at, "--key", key)
        assert found.returncode == 0, found.stderr
    wrong = await ask(state_folder, "verify", *at, "--key", "nonsense")
    assert (wrong.returncode, "note-malformed" in wrong.stderr) == (1, True)


async def test_edited_columns_of_a_live_log_are_named_by_position_and_bodies_are_pruned_by_the_operator(log, state_folder):
    service, at = log
    await recorded(service.database, 2, now=datetime(2010, 3, 2, 4, tzinfo=UTC))
    await recorded(service.database, 3, now=service.clock.now())
    operator = state_folder / "operator"
    operator.write_text(service.token(Scope.AUDIT_PRUNE))
    pruned = await ask(state_folder, "prune", *at[:2], "--token-file", str(operator))
    assert (pruned.returncode, pruned.stdout) == (0, "2 bodies removed\n"), pruned.stderr

    await service.database.pool.execute(
        "ALTER TABLE audit_entry DISABLE TRIGGER USER; UPDATE audit_entry SET actor = 'staff:nobody' WHERE position = 3"
    )
    found = await ask(state_folder, "verify", *at)
    assert (found.returncode, "3: actor" in found.stderr) == (1, True), found.stderr
