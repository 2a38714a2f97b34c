"""What all commands share: the application, its options, its console, and how errors look."""

import contextlib
import functools
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console

from steward.failures import Failure

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(
    name="steward",
    help="Steward: the customer-care suite of a retail bank.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

PIPE_WIDTH = 140
"""Columns where nobody watches: tables in logs and files are not squeezed into a terminal that is not there."""

console = Console()
if not console.is_terminal and "COLUMNS" not in os.environ:
    console.width = PIPE_WIDTH
errors = Console(stderr=True)

Folder = Annotated[Path, typer.Option("--folder", envvar="STEWARD_FOLDER", help="State folder of the suite.")]


class CannotDo(Failure):
    """A command cannot do what was asked."""


def command(act: Callable[P, Coroutine[object, object, T]]) -> Callable[P, T]:
    """An async command: run on uvloop, with expected failures as one line and exit code 1."""

    @functools.wraps(act)
    def run_it(*args: P.args, **kwargs: P.kwargs) -> T:
        from steward.loop import run  # noqa: PLC0415  # keeps `steward --help` quick

        with readable_errors():
            return run(act(*args, **kwargs))

    return run_it


@contextlib.contextmanager
def readable_errors() -> Iterator[None]:
    """Failures that a person can act on are told in a line; bugs keep their traceback."""
    try:
        yield
    except Failure as error:
        errors.print(f"steward: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
