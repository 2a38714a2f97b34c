"""The keys of a suite that runs on one machine: made once, kept in a folder that only its owner can read."""

from pathlib import Path

import orjson

from gateway.issuer import create_key, public_keys
from steward.suite import KeyFiles

__all__ = ["KeyFiles", "ensure_keys"]


def ensure_keys(folder: Path) -> KeyFiles:
    """Make what is missing; keys that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    files = KeyFiles(folder.resolve())
    create_key(files.issuer_key)
    files.capability_jwks.write_bytes(orjson.dumps(public_keys(create_key(files.capability_key))))
    return files
