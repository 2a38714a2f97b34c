"""Seconds that each step of a long command took."""

import contextlib
import time
from collections.abc import Callable, Iterator


class Steps:
    """Measures steps by name; `on_step` hears of each when it begins, e.g. to show it."""

    def __init__(self, on_step: Callable[[str], None] = lambda _: None) -> None:
        self.seconds: dict[str, float] = {}
        self._on_step = on_step

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block; steps of one name add up."""
        self._on_step(name)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
