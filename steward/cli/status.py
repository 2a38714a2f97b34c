"""`steward status`: is everything ready, and what is on its way."""

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from steward.cli.common import Folder, command, console
from steward.suite import STATE_FOLDER

COUNTS = {
    "events_published": "published",
    "outbox_lag": "outbox lag",
    "events_consumed": "consumed",
    "consumer_lag": "consumer lag",
    "parked": "parked",
    "dead_letters": "dead",
    "timers_due": "timers",
    "timers_late": "late",
}
"""What is shown of an app's state, and how it is called."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@command
async def status(
    folder: Folder = STATE_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an app instead of a table.")] = False,
) -> None:
    """Health of every app, events on their way, dead letters, timers. Exit code 1 when an app is not ready."""
    import orjson  # noqa: PLC0415

    from steward.folder import running_suite  # noqa: PLC0415
    from steward.observing import observe  # noqa: PLC0415

    states = await observe(running_suite(folder))
    if as_json:
        for state in states:
            typer.echo(orjson.dumps(state).decode())
    else:
        table = Table("app", "state", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for title in COUNTS.values():
            table.add_column(title, justify="right")
        for state in states:
            why = "ready" if state.ready else ", ".join(f"{part}: {reason}" for part, reason in state.reasons.items())
            table.add_row(state.name, why, *(_number(state.counts.get(name)) for name in COUNTS))
        console.print(table)
    if not all(state.ready for state in states):
        raise typer.Exit(1)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"
