"""`steward sample` and `steward import`: make a bank's files, and take them in."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from steward.cli.common import CannotDo, Folder, command, console, errors, readable_errors
from steward.cli.steps import shown
from steward.suite import STATE_FOLDER

Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it is in the data; the last day of it if not given.")
]
FileDay = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The day for which the files are true, today if not given; later rows are kept."),
]


class Encoding(StrEnum):
    """Encodings in which core banks write."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class FileFormat(StrEnum):
    """How the sample's files are written."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sample)
    app.command("import")(import_bank)


def sample(
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    customers: Annotated[int, typer.Option(min=1, help="How many people bank there.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same bank.")] = 1,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the data; yesterday if not given.")
    ] = None,
    file_format: Annotated[FileFormat, typer.Option("--format", help="Kind of files.")] = FileFormat.CSV,
) -> None:
    """Write a believable Chinese retail bank in the import format, and the truth about what was planted beside it."""
    from steward.sample import generate  # noqa: PLC0415
    from steward.timing import yesterday  # noqa: PLC0415

    with readable_errors():
        with shown(errors) as steps, steps.step("sample bank") as advance:
            try:
                made = generate(
                    out,
                    customers=customers,
                    seed=seed,
                    as_of=as_of.date() if as_of else yesterday(),
                    file_format=file_format.value,
                    progress=lambda _, done, total: advance(done, total),
                )
            except ValueError as error:
                raise CannotDo(str(error)) from None
        table = Table("file")
        table.add_column("rows", justify="right")
        for kind, rows in made.rows.items():
            table.add_row(kind, f"{rows:,}")
        console.print(table)


@command
async def import_bank(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder with the bank's files.")],
    folder: Folder = STATE_FOLDER,
    mapping: Annotated[Path | None, typer.Option(exists=True, help="How another bank's files are to be read.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Check everything, keep nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="File for the lines that were refused, with rule and fix.")] = None,
    as_of: Day = None,
    dated: FileDay = None,
    encoding: Annotated[Encoding, typer.Option(help="How CSV files are written; a mapping names its own.")] = Encoding.UTF_8,
) -> None:
    """Take in a bank's files, compute measures, tier everybody, plan the contacts, and show what came of it."""
    from services.profile.importing import FileUnreadable, MappingBroken  # noqa: PLC0415
    from steward.cli.showing import show_demo, show_import  # noqa: PLC0415
    from steward.demo import Files, fill_from, take_in  # noqa: PLC0415
    from steward.folder import running_suite  # noqa: PLC0415

    suite = running_suite(folder)
    files = Files(
        directory,
        mapping=mapping,
        report=report,
        as_of=as_of.date() if as_of else None,
        dated=dated.date() if dated else None,
        encoding=encoding,
    )
    try:
        with shown(errors) as steps:
            if dry_run:
                show_import(await take_in(suite, files, steps=steps, dry_run=True))
                return
            result = await fill_from(suite, files, steps=steps)
    except (FileUnreadable, MappingBroken) as error:
        raise CannotDo(str(error)) from None
    await show_demo(suite, result, steps)
