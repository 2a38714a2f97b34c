"""`steward audit`: verify the audit log, export it, witness it, and rotate the key that signs it."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.values import Role, RuleBroken
from steward.cli.common import CannotDo, Folder, command, console, readable_errors
from steward.suite import STATE_FOLDER, KeyFiles, Suite

if TYPE_CHECKING:  # keeps `steward --help` quick
    from services.compliance.audit_tree.rules.notes import PublicKey
    from steward.audit.client import LogClient

Url = Annotated[str | None, typer.Option(help="Gateway of the log; the suite of the folder if not given.")]
TokenFile = Annotated[
    Path | None, typer.Option(help="File with a token that holds audit.read and audit.export; needed with --url.")
]
Key = Annotated[str | None, typer.Option(help="Public key of the log, or a file that holds it; the folder's own if not given.")]

_TOLD = 10
"""Positions that a message names."""

group = typer.Typer(help="The audit log: verify, export, witness, keys.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="audit")


@group.command("verify")
@command
async def verify(
    bundle: Annotated[Path | None, typer.Option(help="An exported bundle; the live log if not given.")] = None,
    key: Key = None,
    since: Annotated[list[Path] | None, typer.Option(help="A checkpoint that was kept; may be given again.")] = None,
    against: Annotated[Path | None, typer.Option(help="An earlier bundle: a change is then told by position.")] = None,
    url: Url = None,
    token_file: TokenFile = None,
    folder: Folder = STATE_FOLDER,
) -> None:
    """Check every entry against every signed checkpoint, those that you kept too. Exit code 1 when anything does not fit.

    A bundle is checked offline, with the public key alone. Of the live log the columns that a search reads are compared too.
    """
    from services.compliance.audit_tree.bundle import verify_bundle  # noqa: PLC0415

    pinned = _pinned(key, folder)
    kept = [_read(path) for path in since or ()]
    with contextlib.ExitStack() as stack:
        if bundle is None:
            bundle = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "log.zip"
            async with _log(url, token_file, folder) as log:
                await log.export(bundle)
                differing = await log.differing()
        else:
            differing = []
        with _rules_told():
            found = await asyncio.to_thread(verify_bundle, bundle, pinned=pinned, kept=kept, against=against)
    if differing:
        places = "; ".join(f"{position}: {', '.join(columns)}" for position, columns in differing[:_TOLD])
        raise CannotDo(f"the log's search columns say something else than its signed entries at {places}")
    told = found.checkpoint
    console.print(
        f"{told.size} entries of {told.origin} are those that were signed at {told.signed_at:%Y-%m-%d %H:%M:%S} UTC;"
        f" checkpoints that fit: {found.checkpoints}; bodies gone after their retention: {found.pruned}; root {told.root.hex()}",
        soft_wrap=True,
        highlight=False,
    )


@group.command("prune")
@command
async def prune(url: Url = None, token_file: TokenFile = None, folder: Folder = STATE_FOLDER) -> None:
    """Remove the bodies of entries whose retention is over (needs audit.prune). Leaf hashes and tree stay, and verify."""
    async with _log(url, token_file, folder, role=Role.OPERATOR) as log:
        console.print(f"{await log.prune()} bodies removed")


@group.command("export")
@command
async def export(
    out: Annotated[Path, typer.Option(help="Where the bundle goes.")],
    url: Url = None,
    token_file: TokenFile = None,
    folder: Folder = STATE_FOLDER,
) -> None:
    """Write the whole log, signed, into a bundle that anybody can verify with the public key."""
    async with _log(url, token_file, folder) as log:
        await log.export(out)
    console.print(f"{out}: {out.stat().st_size} bytes")


@group.command("checkpoint")
@command
async def checkpoint(url: Url = None, token_file: TokenFile = None, folder: Folder = STATE_FOLDER) -> None:
    """Let the log sign itself as it is now, and print the checkpoint; kept elsewhere, it holds the log to its word."""
    async with _log(url, token_file, folder) as log:
        typer.echo(await log.sign(), nl=False)


@group.command("key")
def key_(
    folder: Folder = STATE_FOLDER,
    rotate: Annotated[bool, typer.Option(help="Make a new signing key; the old one vouches for it.")] = False,
) -> None:
    """Print the public key by which the log of this folder is verified. The private key is never shown."""
    from chassis.clock import Clock  # noqa: PLC0415
    from services.compliance.audit_tree.keys import SigningKeyUnreadable, rotate_key  # noqa: PLC0415

    with readable_errors():
        if rotate:
            try:
                rotate_key(KeyFiles(folder / "keys").audit_key, now=Clock().now())
            except SigningKeyUnreadable as error:
                raise CannotDo(f"{error}; it is made at the first `steward up`") from None
        typer.echo(str(_pinned(None, folder)))


@group.command("witness")
@command
async def witness(
    state: Annotated[Path, typer.Option(help="The witness's own file; made at the first look.")],
    key: Key = None,
    name: Annotated[str, typer.Option(help="Name of a new witness.")] = "steward.local/witness",
    every: Annotated[float | None, typer.Option(min=1, help="Look again after so many seconds, for ever.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the cosigned checkpoint.")] = None,
    url: Url = None,
    token_file: TokenFile = None,
    folder: Folder = STATE_FOLDER,
) -> None:
    """Look at the log and cosign its checkpoint, unless it does not go on from the last one seen: then exit code 1."""
    from chassis.clock import Clock  # noqa: PLC0415
    from steward.audit.client import LogUnreachable  # noqa: PLC0415
    from steward.audit.witness import Witness, WitnessFile  # noqa: PLC0415

    file = WitnessFile(state)
    with file.held():
        ours = file.read() or Witness.new(name, _pinned(key, folder))
        if key is not None and ours.pinned != _pinned(key, folder):
            raise CannotDo("the witness was told another public key of the log when its file was made")
        while True:
            try:
                async with _log(url, token_file, folder) as log:
                    ours = await ours.look(log, Clock().now())
            except LogUnreachable as error:
                if every is None:
                    raise
                typer.echo(f"steward: {error}", err=True)
            else:
                file.write(ours)
                assert ours.seen is not None  # it has just looked
                if out is not None:
                    out.write_text(ours.seen, encoding="utf-8")
                typer.echo(ours.seen, nl=False)
            if every is None:
                return
            await asyncio.sleep(every)


@contextlib.asynccontextmanager
async def _log(
    url: str | None, token_file: Path | None, folder: Path, *, role: Role = Role.AUDITOR
) -> AsyncIterator["LogClient"]:
    """The log at an address, or that of the folder's suite with a token of its own issuer."""
    from steward.audit.client import LogClient  # noqa: PLC0415
    from steward.tokens import local_token  # noqa: PLC0415

    if url is not None and token_file is None:
        raise CannotDo("--url needs --token-file")
    token = local_token(folder, roles=[role], subject=role.value) if token_file is None else _read(token_file).strip()
    async with LogClient.connected(url or Suite.read(folder).url("gateway"), token) as log:
        yield log


def _pinned(key: str | None, folder: Path) -> "PublicKey":
    from services.compliance.audit_tree.keys import SigningKeyUnreadable, open_key  # noqa: PLC0415
    from services.compliance.audit_tree.rules.notes import PublicKey  # noqa: PLC0415

    if key is None:
        try:
            return open_key(KeyFiles(folder / "keys").audit_key).signer.key
        except SigningKeyUnreadable as error:
            raise CannotDo(f"{error}; give the log's public key with --key") from None
    with _rules_told():
        return PublicKey.parse(_read(Path(key)) if Path(key).is_file() else key)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CannotDo(f"{path} cannot be read") from None


@contextlib.contextmanager
def _rules_told() -> Iterator[None]:
    try:
        yield
    except RuleBroken as error:
        raise CannotDo(f"{error.rule}: {error.detail}. {error.fix}") from None
