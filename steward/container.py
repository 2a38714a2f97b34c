"""What runs inside a container: one app, or the job that comes before all of them. Settings come from the environment.

python -m steward.container profile     serve one app on port 8000
python -m steward.container prepare     make missing keys, bring the six databases up to date
python -m steward.container demo        load a sample bank into the running suite, unless it has one, and show what came of it
"""

import asyncio
import importlib
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import uvicorn

from chassis import logs
from chassis.migrations import upgrade
from steward.keys import ensure_keys
from steward.loop import run
from steward.suite import APPS, Suite

KEYS = Path("/keys")
PORT = 8000
GRACE_SECONDS = 10


def serve(name: str) -> None:
    """Serve one app until SIGTERM."""
    room = name if name == "gateway" else f"services.{name}"
    app = importlib.import_module(f"{room}.main").create_app()
    logs.configure(app.state.runtime.settings.log_level)
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


async def demo() -> None:
    """The demo of `steward demo`, on a suite whose parts are containers; it shares the network of the gateway's."""
    # Only the demo needs these, and every app starts through this module.
    from steward.cli.common import errors  # noqa: PLC0415
    from steward.cli.showing import show_address, show_demo  # noqa: PLC0415
    from steward.cli.steps import shown  # noqa: PLC0415
    from steward.demo import Wanted, fill  # noqa: PLC0415

    urls = {name: f"http://{name}:{PORT}" for name in APPS} | {"gateway": f"http://127.0.0.1:{PORT}"}
    database = os.environ["STEWARD_PROFILE_DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(Path(folder), {"profile": database}, nats_url="", urls=urls)
        suite.keys.folder.mkdir()
        suite.keys.keyset.symlink_to(KEYS / "profile" / "keyset.json")
        suite.keys.issuer_key.symlink_to(KEYS / "gateway" / "issuer.json")
        wanted = Wanted(int(os.environ.get("STEWARD_DEMO_CUSTOMERS", "2000")), seed=1)
        with shown(errors) as steps:
            filled = await fill(suite, wanted, steps=steps)
        await show_demo(suite, filled, steps)
        await show_address(replace(suite, urls=urls | {"gateway": os.environ["STEWARD_PUBLIC_URL"]}))


def main() -> None:
    """Read the one argument and act."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name == "prepare":
        run(prepare())
    elif name == "demo":
        run(demo())
    elif name in APPS:
        serve(name)
    else:
        sys.exit(f"usage: python -m steward.container {{{','.join(APPS)},prepare,demo}}")


if __name__ == "__main__":
    main()
