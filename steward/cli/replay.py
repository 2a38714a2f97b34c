"""`steward replay`: publish again what the outboxes hold, for a consumer or a broker that lost it."""

from typing import Annotated

import typer
from rich.table import Table

from steward.cli.common import CannotDo, Folder, command, console
from steward.suite import APPS, STATE_FOLDER, Suite


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


@command
async def replay(
    folder: Folder = STATE_FOLDER,
    service: Annotated[list[str] | None, typer.Option(help="Whose outbox; may be given again. All without it.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only events of this type, e.g. tiering.tier.changed.v1.")] = None,
) -> None:
    """Publish the events of the outboxes again. Consumers drop what they know, so this is always safe."""
    from chassis.relay import replay as mark_unsent  # noqa: PLC0415
    from steward.cli.databases import connected  # noqa: PLC0415

    suite = Suite.read(folder)
    chosen = service or list(APPS)
    unknown = set(chosen) - set(APPS)
    if unknown:
        raise CannotDo(f"there is no service {', '.join(sorted(unknown))}; there are {', '.join(APPS)}")
    table = Table("service")
    table.add_column("events to go out again", justify="right")
    for name in chosen:
        async with connected(suite, name) as connection:
            table.add_row(name, f"{await mark_unsent(connection, subject=subject):,}")
    console.print(table)
