"""What import-linter cannot say about how the code is laid out."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steward.suite import APPS
from tests.support.servers import ROOT

CODE = ("contracts", "chassis", "services", "gateway", "steward")
LONGEST_FILE = 310
"""About 300 lines; what grows past that becomes a package of the same name."""


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)


def room_of(app: str) -> Path:
    return ROOT / "gateway" if app == "gateway" else ROOT / "services" / app


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who imports whom"
            yield node.module or ""


PURE_LIBRARIES = {"numpy", "hyperscan"}
"""What rules may compute with beside the standard library: no clock, no files, no network."""


def rules() -> list[Path]:
    """Every `rules.py` and everything in a `rules/`, of the services and of the rooms in them."""
    everything = (path for app in APPS for path in files(str(room_of(app).relative_to(ROOT))))
    return [path for path in everything if path.name == "rules.py" or "rules" in path.parts]


@pytest.mark.parametrize("path", rules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_import_only_the_standard_library_values_and_each_other(path: Path) -> None:
    service = ".".join(path.relative_to(ROOT).parts[:2] if "services" in path.parts else ("gateway",))
    strange = [
        name
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | PURE_LIBRARIES
        and name != "contracts.values"
        and not (name.startswith(f"{service}.") and "rules" in name.split("."))
    ]
    assert strange == []


@pytest.mark.parametrize("path", rules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_never_read_the_clock(path: Path) -> None:
    asked = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date", "time"}
    ]
    assert asked == []


@pytest.mark.parametrize("app", APPS)
def test_every_service_has_the_same_rooms(app: str) -> None:
    room = room_of(app)
    names = ["rules", "models", "store", "actions", "schemas", "api", "reactions", "settings", "main"]
    if app == "gateway":
        names.remove("schemas")  # its shapes stand in contracts/desk.py, where its client has them too
    for name in names:
        assert (room / f"{name}.py").exists() or (room / name).is_dir(), f"{app} has no {name}"
    assert (room / "README.md").exists()
    assert (room / "migrations" / "env.py").exists()


def test_no_file_is_longer_than_a_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in files(*CODE)
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


INSIDE = {
    "chassis/outgoing.py": "the door itself",
    "gateway/calls.py": "the gateway's calls to the services",
    "gateway/proxy.py": "the same calls, passed on",
    "gateway/tokens.py": "errors of the door, no call",
    "services/compliance/watch/webhooks.py": "binds the connection to the address that it checked; delivery.py asks the door",
    "services/profile/transit.py": "errors of the Vault client; keyring.py asks the door",
}
"""Code of services, chassis and gateway that knows an HTTP client, and why it may."""


def test_nothing_leaves_but_through_the_door() -> None:
    clients = {"httpx", "aiohttp", "requests", "urllib.request", "http.client", "smtplib", "ftplib"}
    found = {
        str(path.relative_to(ROOT))
        for path in files("chassis", "services", "gateway")
        if clients & {name if name in clients else name.partition(".")[0] for name in imports(path)}
    }
    assert found - set(INSIDE) == set(), "send it through chassis.outgoing"
