"""One running suite: where its parts listen and where it keeps its data; what `steward up` writes and the others read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from steward.failures import Failure

if TYPE_CHECKING:  # the embedded servers are not installed in containers
    from steward.embedded import EmbeddedServers

SERVICES = ("profile", "tiering", "outreach", "compliance", "referral")
APPS = (*SERVICES, "gateway")
"""Everything that listens and has a database of its own."""

STATE_FOLDER = Path(".steward")
HOST = "127.0.0.1"


class SuiteNotRunning(Failure):
    """There is no suite in this folder, or it has stopped."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where each key lies."""

    folder: Path

    @property
    def capability_key(self) -> Path:
        """The gateway's private Ed25519 key, with which it signs capabilities; a JWK."""
        return self.folder / "capability.json"

    @property
    def capability_jwks(self) -> Path:
        """Its public half, by which services verify them; a JWK set."""
        return self.folder / "capability.jwks.json"

    @property
    def issuer_key(self) -> Path:
        """The private Ed25519 key of the local identity provider, for development; a JWK."""
        return self.folder / "issuer.json"

    @property
    def keyset(self) -> Path:
        """The master keys of profile, which makes the file itself and never replaces it."""
        return self.folder / "profile.json"

    @property
    def text_key(self) -> Path:
        """The key of the case desk's texts, which the gateway makes itself and never replaces."""
        return self.folder / "desk.json"

    @property
    def audit_key(self) -> Path:
        """The private Ed25519 key of the audit log, which compliance makes itself and never replaces."""
        return self.folder / "audit.json"


@dataclass(frozen=True, slots=True)
class Suite:
    """Addresses of the parts. `pid` is the supervisor's; the databases and the broker may run without it.

    `urls` holds the addresses of apps that are not on `host`, as in containers.
    """

    folder: Path
    databases: dict[str, str]
    nats_url: str
    host: str = HOST
    ports: dict[str, int] = field(default_factory=dict)
    pid: int | None = None
    urls: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, servers: "EmbeddedServers", *, host: str = HOST, ports: dict[str, int] | None = None) -> Self:
        """The suite on embedded servers that are running."""
        databases = cls.databases_of(servers)
        return cls(servers.folder, databases, servers.nats.url(), host=host, ports=ports or {}, pid=os.getpid())

    @staticmethod
    def databases_of(servers: "EmbeddedServers") -> dict[str, str]:
        """URL of each app's database, with its own role."""
        return {name: servers.postgres.url(name, name) for name in APPS}

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The suite that was last started in a state folder. Raises `SuiteNotRunning`."""
        try:
            stored = json.loads((folder / "suite.json").read_text())
        except FileNotFoundError:
            raise SuiteNotRunning(f"no suite was started in {folder.resolve()}") from None
        return cls(**{**stored, "folder": Path(stored["folder"])})

    def write(self) -> None:
        """Keep it in the folder; moved into place whole, so that readers never see half."""
        beside = self.folder / "suite.json.new"
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(asdict(self) | {"folder": str(self.folder)}, indent=1))
        beside.replace(self.folder / "suite.json")

    def url(self, name: str) -> str:
        """The base address of an app."""
        return self.urls.get(name) or f"http://{self.host}:{self.ports[name]}"

    @property
    def keys(self) -> KeyFiles:
        """Its keys."""
        return KeyFiles(self.folder / "keys")

    @property
    def logs(self) -> Path:
        """The folder of its logs."""
        return self.folder / "logs"
