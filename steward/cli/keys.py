"""`steward keys`: make the suite's keys and list them; rotate those of profile while it runs, and end old ones."""

from typing import Annotated, Any

import typer
from rich.table import Table

from steward.cli.common import Folder, command, console, readable_errors
from steward.suite import STATE_FOLDER

group = typer.Typer(help="Keys: make and list them; rotate, status and retire those of profile.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="keys")


@group.callback(invoke_without_command=True)
def keys(context: typer.Context, folder: Folder = STATE_FOLDER) -> None:
    """Make missing keys and say where each lies. Keys are never shown."""
    if context.invoked_subcommand is not None:
        return
    from steward.keys import ensure_keys  # noqa: PLC0415

    with readable_errors():
        files = ensure_keys(folder / "keys")
        table = Table("key", "file", "there")
        for name, path in {
            "gateway: signs capabilities": files.capability_key,
            "services: verify capabilities": files.capability_jwks,
            "gateway: local identity provider": files.issuer_key,
            "profile: master keys and index key": files.keyset,
            "compliance: signs the audit log": files.audit_key,
            "gateway: seals the desk's texts": files.text_key,
        }.items():
            table.add_row(name, str(path), "yes" if path.exists() else "no")
        console.print(table)


@group.command("rotate")
@command
async def rotate(
    data: Annotated[bool, typer.Option("--data", help="Seal every identity field anew, under new data keys.")] = False,
    folder: Folder = STATE_FOLDER,
) -> None:
    """Make a new master key and take all data keys over to it, in the background of the running suite."""
    from steward.asking import ask  # noqa: PLC0415

    made = await ask(folder, "POST", "/v1/keys/rotations", {"data": data})
    console.print(f"master key {made['master_version']} is in use; `steward keys status` tells how far the rotation is")


@group.command("status")
@command
async def status(folder: Folder = STATE_FOLDER) -> None:
    """The versions of the master key, how many data keys each holds, and the last rotation."""
    from steward.asking import ask  # noqa: PLC0415

    _show(await ask(folder, "GET", "/v1/keys"))


@group.command("retire")
@command
async def retire(folder: Folder = STATE_FOLDER) -> None:
    """End the master keys that no data key needs. Backups from before the rotation need them still."""
    from steward.asking import ask  # noqa: PLC0415

    _show(await ask(folder, "POST", "/v1/keys/retirements"))


def _show(found: dict[str, Any]) -> None:  # Any: JSON of the suite
    table = Table("master key", "in use")
    table.add_column("data keys", justify="right")
    for master in found["masters"]:
        table.add_row(str(master["version"]), "yes" if master["active"] else "", f"{master['data_keys']:,}")
    console.print(table)
    run = found["rotation"]
    if run is not None:
        what = "data keys and fields" if run["data"] else "data keys"
        console.print(f"rotation of {what} to {run['master_version']}: {run['state']}, {run['customers']:,} customers")
