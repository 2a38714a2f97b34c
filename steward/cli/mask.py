"""`steward mask`: personal data out of a text on its way through."""

import sys
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mask)


def mask(
    audience: Annotated[Literal["inside", "outside"], typer.Option(help="Who will read it.")] = "outside",
    counts: Annotated[bool, typer.Option("--counts", help="Tell on standard error how much was found.")] = False,
) -> None:
    """Mask personal data: `steward mask < in > out`, UTF-8, of any length. Needs no running suite."""
    from services.compliance.masking import Audience, Masker  # noqa: PLC0415  # keeps `steward --help` quick
    from services.compliance.masking.stream import mask_stream  # noqa: PLC0415

    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def write(text: bytes) -> None:
        if text:
            sink.write(text)
            sink.flush()

    found = mask_stream(getattr(source, "read1", source.read), write, Masker(Audience(audience)))
    if counts:
        for kind, count in sorted(found.items()):
            typer.echo(f"{kind} {count}", err=True)
