"""What runs inside a container: one app, or the job that comes before all of them. Settings come from the environment.

python -m steward.container profile     serve one app on port 8000
python -m steward.container prepare     make missing keys, bring the six databases up to date
"""

import asyncio
import importlib
import os
import shutil
import sys
from pathlib import Path

import uvicorn

from chassis import logs
from chassis.migrations import upgrade
from steward.keys import ensure_keys
from steward.loop import run
from steward.suite import APPS

KEYS = Path("/keys")
PORT = 8000
GRACE_SECONDS = 10


def serve(name: str) -> None:
    """Serve one app until SIGTERM."""
    room = name if name == "gateway" else f"services.{name}"
    app = importlib.import_module(f"{room}.main").create_app()
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104  # a container's own network is meant
        port=PORT,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def prepare() -> None:
    """Keys that are missing, with the public half where every service reads it; then the migrations of each database."""
    keys = await asyncio.to_thread(ensure_keys, KEYS / "gateway")
    shutil.copyfile(keys.capability_jwks, KEYS / "public" / keys.capability_jwks.name)
    for name in APPS:
        await upgrade(name, os.environ[f"STEWARD_{name.upper()}_DATABASE_URL"])


def main() -> None:
    """Read the one argument and act."""
    logs.configure()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name == "prepare":
        run(prepare())
    elif name in APPS:
        serve(name)
    else:
        sys.exit(f"usage: python -m steward.container {{{','.join(APPS)},prepare}}")


if __name__ == "__main__":
    main()
