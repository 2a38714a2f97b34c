"""`steward forget`: erase a customer of the running suite (PIPL art. 47)."""

from typing import Annotated
from uuid import UUID

import typer

from steward.cli.common import Folder, command, console
from steward.suite import STATE_FOLDER


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forget)


@command
async def forget(
    customer: Annotated[UUID, typer.Argument(help="The customer's id.")],
    folder: Folder = STATE_FOLDER,
) -> None:
    """Destroy a customer's keys, for ever. Refused while the law keeps the record, with the day on which it happens by itself."""
    from steward.asking import ask  # noqa: PLC0415

    done = await ask(folder, "POST", f"/v1/customers/{customer}/erasure")
    console.print(f"{done['customer_id']} is forgotten: nothing of this person opens any more")
