"""`steward keys`: make the suite's keys, list them, and rotate the master key of profile."""

from typing import Annotated

import typer
from rich.table import Table

from steward.cli.common import CannotDo, Folder, console, readable_errors
from steward.suite import STATE_FOLDER


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(keys)


def keys(
    folder: Folder = STATE_FOLDER,
    rotate: Annotated[bool, typer.Option(help="Add a master key to profile's keyset and make it the active one.")] = False,
) -> None:
    """Make missing keys and say where each lies. Keys are never shown."""
    from services.profile.keys import KeysetUnreadable, rotate_keyset  # noqa: PLC0415
    from steward.keys import ensure_keys  # noqa: PLC0415

    with readable_errors():
        files = ensure_keys(folder / "keys")
        if rotate:
            try:
                keyset = rotate_keyset(files.keyset)
            except KeysetUnreadable as error:
                raise CannotDo(f"{error}; it is made at the first `steward up`") from None
            console.print(f"profile's master key {keyset.active} is active; restart the suite to use it")
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
