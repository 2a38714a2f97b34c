"""The keys of a suite that runs on one machine: made once, kept in a folder that only its owner can read."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.issuer import create_key, public_keys


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


def ensure_keys(folder: Path) -> KeyFiles:
    """Make what is missing; keys that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    files = KeyFiles(folder.resolve())
    create_key(files.issuer_key)
    files.capability_jwks.write_bytes(orjson.dumps(public_keys(create_key(files.capability_key))))
    return files
