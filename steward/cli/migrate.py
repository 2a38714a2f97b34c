"""`steward migrate`: bring the databases of the suite up to date, or check that models and migrations agree."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from steward.cli.common import CannotDo, Folder, command, console
from steward.suite import STATE_FOLDER


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


@command
async def migrate(
    folder: Folder = STATE_FOLDER,
    check: Annotated[bool, typer.Option(help="Only check, on a server of its own, that models and migrations agree.")] = False,
    draft: Annotated[str | None, typer.Option(help="SERVICE: write its next revision from what its models say.")] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="What the drafted revision changes.")] = "",
) -> None:
    """Bring every service's database to its newest revision. The suite may be running or not."""
    from steward.embedded import EmbeddedServers, Postgres, provision  # noqa: PLC0415
    from steward.migrating import check_all, draft_revision, upgrade_all  # noqa: PLC0415
    from steward.suite import APPS, Suite  # noqa: PLC0415

    if check or draft:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="migrations-", dir=folder) as place:
            postgres = Postgres(Path(place) / "postgres", durable=False)
            postgres.start()
            try:
                if draft:
                    await draft_revision(postgres, draft, message)
                else:
                    _report(await check_all(postgres))
            finally:
                postgres.destroy()
        return
    servers = EmbeddedServers(folder)
    ours = servers.postgres.start()
    try:
        await provision(servers.postgres, APPS)
        done = await upgrade_all(Suite.databases_of(servers))
    finally:
        if ours:
            servers.postgres.stop()
    console.print(f"migrated: {', '.join(done)}" if done else "every database is up to date")


def _report(found: dict[str, list[str]]) -> None:
    if found:
        lines = [f"{service}: {difference}" for service, differences in found.items() for difference in differences]
        raise CannotDo("models and migrations differ\n" + "\n".join(lines))
    console.print("models and migrations agree")
