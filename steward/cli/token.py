"""`steward token`: a bearer token of the local identity provider, for trying things out."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from contracts.values import Role
from steward.cli.common import Folder, readable_errors
from steward.suite import STATE_FOLDER


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(token)


def token(
    folder: Folder = STATE_FOLDER,
    role: Annotated[list[Role], typer.Option(help="Role; may be given again.")] = [Role.OPERATOR],  # noqa: B006  # typer's way
    subject: Annotated[str, typer.Option(help="Who it stands for.")] = "operator",
    staff_no: Annotated[str | None, typer.Option(help="Staff number, for staff.")] = None,
    branch: Annotated[str | None, typer.Option(help="Branch, for staff.")] = None,
    customer: Annotated[UUID | None, typer.Option(help="The customer whose own token it is.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24, help="Life of the token.")] = 8,
) -> None:
    """Print a token for the gateway."""
    from steward.tokens import local_token  # noqa: PLC0415

    with readable_errors():
        made = local_token(
            folder,
            roles=role,
            subject=subject,
            staff_no=staff_no,
            branch=branch,
            customer_id=customer,
            life=timedelta(hours=hours),
        )
        typer.echo(made)
