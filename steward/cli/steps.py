"""Steps on a terminal as progress bars, elsewhere as a line each."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from steward.timing import Steps


class ShownSteps(Steps):
    """Every step is a line of one progress display."""

    def __init__(self, display: Progress) -> None:
        super().__init__()
        self._display = display
        self._tasks: dict[str, TaskID] = {}

    def begun(self, name: str) -> None:
        """Add its line."""
        self._tasks[name] = self._display.add_task(name, total=None)

    def moved(self, name: str, done: int, total: int) -> None:
        """Fill its bar."""
        self._display.update(self._tasks[name], completed=done, total=max(total, 1))

    def ended(self, name: str) -> None:
        """Fill its bar to the end."""
        self._display.update(self._tasks[name], completed=1, total=1)


class ToldSteps(Steps):
    """Every step is a printed line, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def ended(self, name: str) -> None:
        """Print what it took."""
        self._console.print(f"{name}: {self.seconds[name]:.1f} s", highlight=False)


@contextlib.contextmanager
def shown(console: Console) -> Iterator[Steps]:
    """Steps that are shown on this console; the display ends with the block."""
    if not console.is_terminal:
        yield ToldSteps(console)
        return
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as display:
        yield ShownSteps(display)
