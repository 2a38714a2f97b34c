"""What a newcomer sees: a sample bank goes in, tiers and a plan come out. Numbers are asked from the suite itself."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from contracts.values import Role
from steward.suite import Suite
from steward.tokens import local_token
from tests.support.suites import StartedSuite, started, steward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SHOWN_SECONDS = 120
TABLES = ("Imported", "Customers by tier (200)", "Signals found", "Contacts planned", "Events", "Seconds")


def ask(suite: Suite, path: str):
    token = local_token(suite.folder, roles=[Role.OPERATOR])
    answer = httpx.get(f"{suite.url('gateway')}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(up: StartedSuite, text: str) -> None:
    deadline = time.monotonic() + SHOWN_SECONDS
    while text not in up.output:
        assert up.process.poll() is None, up.output
        assert time.monotonic() < deadline, up.output
        time.sleep(0.1)


def test_a_demo_shows_its_tables_once_and_again_without_loading_again(state_folder: Path) -> None:
    with started(state_folder, "--demo", "--customers", "200") as first:
        suite = first.ready()
        wait_for(first, "Ctrl-C stops")
        assert all(table in first.output for table in TABLES), first.output
        tiers = ask(suite, "/v1/summary/tiers")
        assert sum(tiers["tiers"].values()) == tiers["customers"] == 200
        assert all(tiers["tiers"][tier] > 0 for tier in ("ordinary", "potential", "vip"))
        plan = ask(suite, "/v1/summary/plan")
        assert plan["contacts"] == sum(row["contacts"] for row in plan["weeks"]) > 0
        assert {row["week"] for row in plan["weeks"]} <= {1, 2, 3, 4}
        assert "dead letters" not in steward(state_folder, "dead-letters", "list").stdout.replace("no dead letters", "")
        assert first.stop() == 0

    with started(state_folder, "--demo", "--customers", "200") as second:
        again = second.ready()
        wait_for(second, "Ctrl-C stops")
        assert "import:" not in second.output
        assert "Customers by tier (200)" in second.output
        assert ask(again, "/v1/summary/tiers") == tiers
        assert second.stop() == 0

    with started(state_folder, "--fresh") as fresh:
        assert ask(fresh.ready(), "/v1/summary/tiers")["customers"] == 0


def test_a_demo_that_was_interrupted_goes_on_with_the_same_bank(state_folder: Path) -> None:
    with started(state_folder, "--demo", "--customers", "300", "--seed", "5") as first:
        first.ready()
        wait_for(first, "sample bank:")
        assert first.stop(signal.SIGTERM) == 0
        assert "Customers by tier" not in first.output
    with started(state_folder, "--demo", "--customers", "200") as second:
        suite = second.ready()
        wait_for(second, "Ctrl-C stops")
        assert ask(suite, "/v1/summary/tiers")["customers"] == 300, "the bank that was begun, not another one"


def test_an_import_ends_with_the_same_tables_and_a_broken_line_is_named_by_place_only(state_folder: Path, tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    assert steward(state_folder, "sample", "--out", str(bank), "--customers", "200", "--format", "csv").returncode == 0
    customers = next(path for path in sorted(bank.rglob("*.csv")) if "customers" in str(path.relative_to(bank)))
    lines = customers.read_text().splitlines()
    column = lines[0].split(",").index("birth_date")
    cells = lines[1].split(",")
    cells[column] = "31.12.1990"
    customers.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    with started(state_folder) as up:
        up.ready()
        report = tmp_path / "report.csv"
        dry = steward(state_folder, "import", str(bank), "--dry-run")
        assert dry.returncode == 0, dry.stderr
        assert "nothing was kept" in dry.stdout
        done = steward(state_folder, "import", str(bank), "--report", str(report))
        assert done.returncode == 0, done.stderr
        assert "Customers by tier (199)" in done.stdout, done.stdout
        assert "birth_date" in report.read_text()
        assert "31.12.1990" not in report.read_text() + done.stdout
