from pathlib import Path

import pytest

from steward.folder import AlreadyRunning, is_owned, running_suite, sole_owner, wipe
from steward.keys import ensure_keys
from steward.suite import Suite, SuiteNotRunning


def test_a_folder_has_one_owner_until_it_lets_go(tmp_path: Path) -> None:
    with sole_owner(tmp_path):
        assert is_owned(tmp_path)
        with pytest.raises(AlreadyRunning), sole_owner(tmp_path):
            pass
    assert not is_owned(tmp_path)


def test_a_suite_is_read_as_it_was_written_and_runs_only_while_owned(tmp_path: Path) -> None:
    suite = Suite(tmp_path, {"tiering": "postgresql://x"}, "nats://y", ports={"gateway": 20001}, pid=7)
    with pytest.raises(SuiteNotRunning, match="no suite was started"):
        Suite.read(tmp_path)
    suite.write()
    assert Suite.read(tmp_path) == suite
    assert (tmp_path / "suite.json").stat().st_mode & 0o077 == 0, "it holds the broker's password"
    with pytest.raises(SuiteNotRunning, match="has stopped"):
        running_suite(tmp_path)
    with sole_owner(tmp_path):
        assert running_suite(tmp_path) == suite


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    files = ensure_keys(tmp_path / "keys")
    before = files.capability_key.read_bytes(), files.issuer_key.read_bytes()
    again = ensure_keys(tmp_path / "keys")
    assert (again.capability_key.read_bytes(), again.issuer_key.read_bytes()) == before
    assert before[0] != before[1]
    assert files.folder.stat().st_mode & 0o077 == 0
    assert files.capability_key.stat().st_mode & 0o077 == 0
    assert b'"d"' not in files.capability_jwks.read_bytes(), "services hold the public half only"


def test_wiping_deletes_the_data_and_nothing_else(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys")
    (tmp_path / "uv" / "bin").mkdir(parents=True)
    (tmp_path / "logs").mkdir()
    wipe(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["uv"]
