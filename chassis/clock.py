"""The only place that knows what time it is; it can be moved for demos and tests."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The calendar that days, months and quiet hours follow."""


class Clock:
    """Wall time plus an offset. `advance` moves it; timers and deadlines follow at their next look."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The civil day in Asia/Shanghai."""
        return self.now().astimezone(SHANGHAI).date()

    def advance(self, delta: timedelta) -> None:
        """Move the clock by `delta`, backwards when negative."""
        self._offset += delta
