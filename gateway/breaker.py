"""When to stop asking a peer that does not answer, and how much may be asked twice."""

from collections.abc import Callable
from time import monotonic


class Breaker:
    """Opens after `failures` failures in a row; after `rest_seconds` lets one call through to see."""

    def __init__(self, *, failures: int = 5, rest_seconds: float = 2.0, seconds: Callable[[], float] = monotonic) -> None:
        self._limit = failures
        self._rest = rest_seconds
        self._seconds = seconds
        self._failed = 0
        self._opened_at: float | None = None

    @property
    def open(self) -> bool:
        """Whether calls are refused at this moment, but for the trial call."""
        return self._opened_at is not None

    def allow(self) -> bool:
        """Whether a call may go out now. A True while open is the trial: the next one waits its rest again."""
        if self._opened_at is None:
            return True
        if self._seconds() - self._opened_at < self._rest:
            return False
        self._opened_at = self._seconds()
        return True

    @property
    def retry_after(self) -> int:
        """Whole seconds until a call may go out again, at least 1."""
        if self._opened_at is None:
            return 1
        return max(1, round(self._opened_at + self._rest - self._seconds()))

    def succeeded(self) -> None:
        """The peer answered."""
        self._failed = 0
        self._opened_at = None

    def failed(self) -> None:
        """The peer did not answer."""
        self._failed += 1
        if self._failed >= self._limit:
            self._opened_at = self._seconds()


class RetryBudget:
    """One retry for every `one_in` calls, saved up to `saved`: retries never multiply a peer's load."""

    def __init__(self, *, one_in: int = 10, saved: float = 5.0) -> None:
        self._share = 1 / one_in
        self._saved = saved
        self._tokens = saved

    def called(self) -> None:
        """A first attempt was made."""
        self._tokens = min(self._saved, self._tokens + self._share)

    def spend(self) -> bool:
        """Take a retry from the budget, if there is one."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
