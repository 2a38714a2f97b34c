"""Days and seconds of commands: the last whole day, and how long each step took."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TypeAlias

from chassis.clock import Clock

Advance: TypeAlias = Callable[[int, int], None]
"""Called with how much is done and how much there is in all."""


def yesterday() -> date:
    """The last whole day in Asia/Shanghai, on which a bank's files end."""
    return Clock().today() - timedelta(days=1)


class Steps:
    """Measures steps by name. Subclasses show them; this one is silent."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Advance]:
        """Time the block, and take word of its progress."""
        self.begun(name)
        begun = time.perf_counter()
        try:
            yield lambda done, total: self.moved(name, done, total)
        finally:
            self.seconds[name] = time.perf_counter() - begun
            self.ended(name)

    def begun(self, name: str) -> None:
        """A step begins."""

    def moved(self, name: str, done: int, total: int) -> None:
        """A step has done so much of its work."""

    def ended(self, name: str) -> None:
        """A step has ended, well or not; its time stands in `seconds`."""
