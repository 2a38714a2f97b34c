"""Makes `policies/holidays.cn.json` from the announced calendars: `python -m services.outreach.holiday_table 2025 2026 > …`.

The package `holidays` answers for any year, and for one that is not announced it quietly gives the statutory days
alone. So a year is taken only when the package holds its make-up working days, which exist in every announcement.
"""

import json
import sys
from datetime import date, timedelta

import holidays

SOURCE = "国务院办公厅关于部分节假日安排的通知"
FIXED_HOLIDAYS = ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")
"""Days off that 全国年节及纪念日放假办法 (as of 2025-01-01) itself sets by the solar calendar."""


class YearNotAnnounced(Exception):
    """The State Council's notice for this year is not in the package."""


def table(years: list[int], *, version: int) -> dict[str, object]:
    """The calendar document for consecutive `years`. Raises `YearNotAnnounced`."""
    announced = holidays.country_holidays("CN", years=years, language="zh_CN")
    work = sorted(day for day in announced.weekend_workdays if day.year in years)
    for year in years:
        if not any(day.year == year for day in work):
            raise YearNotAnnounced(str(year))
    off = {day.isoformat(): name for day in _days(years) if (name := _break_of(day, announced, set(work)))}
    return {
        "name": "holidays.cn",
        "version": version,
        "source": SOURCE,
        "first": f"{min(years)}-01-01",
        "last": f"{max(years)}-12-31",
        "days_off": off,
        "working_days": [day.isoformat() for day in work],
        "fixed_holidays": list(FIXED_HOLIDAYS),
    }


def _break_of(day: date, announced: holidays.HolidayBase, work: set[date]) -> str | None:
    """The name of the holiday whose unbroken run of free days holds `day`; plain weekends belong to none."""

    def free(other: date) -> bool:
        return other in announced or (other.weekday() >= 5 and other not in work)

    if not free(day):
        return None
    run = [day]
    while free(run[0] - timedelta(days=1)):
        run.insert(0, run[0] - timedelta(days=1))
    while free(run[-1] + timedelta(days=1)):
        run.append(run[-1] + timedelta(days=1))
    names = [str(announced.get(other)) for other in run if other in announced]
    return announced.get(day) or (names[0] if names else None)


def _days(years: list[int]) -> list[date]:
    first = date(min(years), 1, 1)
    return [first + timedelta(days=index) for index in range((date(max(years), 12, 31) - first).days + 1)]


if __name__ == "__main__":
    json.dump(table([int(year) for year in sys.argv[1:]], version=1), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
