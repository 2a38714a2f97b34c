"""`steward dead-letters`: what could not be applied, with its reason; replay it or drop it."""

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from steward.cli.common import CannotDo, Folder, command, console
from steward.suite import APPS, STATE_FOLDER, Suite

Which = Annotated[UUID | None, typer.Argument(help="Id of the letter; without it, all of the service.")]
Owner = Annotated[str, typer.Option("--service", help="Whose letters.")]

group = typer.Typer(help="What could not be applied: list, replay, drop.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="dead-letters")


@group.command("list")
@command
async def list_letters(
    folder: Folder = STATE_FOLDER,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many of each service.")] = 200,
) -> None:
    """The newest dead letters, by service. Exit code 0 also when there are none."""
    from chassis import dead_letters  # noqa: PLC0415
    from steward.cli.databases import connected  # noqa: PLC0415

    table = Table("service", "id", "subject", "reason", "attempts", "state", "failed at")
    suite = Suite.read(folder)
    for name in [_known(service)] if service else APPS:
        async with connected(suite, name) as connection:
            for letter in await dead_letters.listed(connection, limit=limit):
                moment = letter.failed_at.strftime("%Y-%m-%d %H:%M:%S")
                table.add_row(name, str(letter.id), letter.subject, letter.reason, str(letter.attempts), letter.state, moment)
    console.print(table if table.rows else "no dead letters")


@group.command("replay")
@command
async def replay(service: Owner, letter: Which = None, folder: Folder = STATE_FOLDER) -> None:
    """Try again. The service carries it out within seconds; what fails again is a dead letter again."""
    await _decide(folder, service, letter, replay=True)


@group.command("drop")
@command
async def drop(service: Owner, letter: Which = None, folder: Folder = STATE_FOLDER) -> None:
    """Give up on it: it counts as applied, and later events of its aggregate go on."""
    await _decide(folder, service, letter, replay=False)


async def _decide(folder: Folder, service: str, letter: UUID | None, *, replay: bool) -> None:
    from chassis import dead_letters  # noqa: PLC0415
    from steward.cli.databases import connected  # noqa: PLC0415

    async with connected(Suite.read(folder), _known(service)) as connection:
        count = await dead_letters.decide(connection, event_id=letter, replay=replay)
    if letter is not None and count == 0:
        raise CannotDo(f"{service} has no dead letter {letter} that waits for a decision")
    console.print(f"{count} {'letter' if count == 1 else 'letters'} will be {'replayed' if replay else 'dropped'}")


def _known(service: str) -> str:
    if service not in APPS:
        raise CannotDo(f"there is no service {service!r}; there are {', '.join(APPS)}")
    return service
