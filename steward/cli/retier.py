"""`steward retier`: decide about everybody from a bank's lake."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from steward.cli.common import CannotDo, Folder, command, console
from steward.suite import STATE_FOLDER


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retier)


@command
async def retier(
    lake: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder with holdings.parquet and customers.parquet.")
    ],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day of the data.")],
    out: Annotated[Path, typer.Option(help="Folder for everybody's decisions, as Parquet.")],
    since: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="An earlier night's decisions: only changes are looked up."),
    ] = None,
    currency: Annotated[str, typer.Option(help="Whose policy decides.")] = "CNY",
    folder: Folder = STATE_FOLDER,
) -> None:
    """Decide about everybody from the lake, and write and tell only what differs (docs/guide/lake.md)."""
    from polars.exceptions import PolarsError  # noqa: PLC0415

    from chassis.database import Database  # noqa: PLC0415
    from contracts.values import RuleBroken  # noqa: PLC0415
    from services.tiering.bulk.night import retier as decide  # noqa: PLC0415
    from steward.folder import running_suite  # noqa: PLC0415

    database = Database(running_suite(folder).databases["tiering"], service="tiering")
    await database.open()
    try:
        now = database.clock.now()
        night = await decide(database, lake, out, currency=currency, as_of=as_of.date(), now=now, since=since)
    except (RuleBroken, PolarsError, OSError) as error:
        raise CannotDo(str(error)) from None
    finally:
        await database.close()
    table = Table("", "customers")
    for name, count in (
        ("decided", night.customers),
        *((f"  {tier.value}", count) for tier, count in night.tiers.items()),
        ("differ from what stood", night.different),
        ("rose", night.up),
        ("fell", night.down),
        ("not in customers.parquet", night.unlisted),
        ("without measures here yet", night.unmeasured),
    ):
        table.add_row(name, f"{count:,}")
    console.print(table)
