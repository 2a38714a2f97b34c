"""`steward mask`: personal data out of a text on its way through."""

import sys
from typing import Annotated

import typer

from services.compliance.masking.masker import Masker
from services.compliance.masking.stream import mask_stream
from services.compliance.masking.values import Audience


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mask)


def mask(
    audience: Annotated[Audience, typer.Option(help="Who will read it.")] = Audience.OUTSIDE,
    counts: Annotated[bool, typer.Option("--counts", help="Tell on standard error how much was found.")] = False,
) -> None:
    """Mask personal data: `steward mask < in > out`, UTF-8, of any length. Needs no running suite."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def write(text: bytes) -> None:
        if text:
            sink.write(text)
            sink.flush()

    found = mask_stream(getattr(source, "read1", source.read), write, Masker(audience))
    if counts:
        for kind, count in sorted(found.items()):
            typer.echo(f"{kind} {count}", err=True)
