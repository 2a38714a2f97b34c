"""What people do in the app: log-ins, rate look-ups, product and content views."""

from random import Random
from typing import NamedTuple

from steward.sample.days import HISTORY_DAYS, Days
from steward.sample.people import Person

_DAYS = range(HISTORY_DAYS)
_HOURS = range(24)
_BUSY_HOURS = (1, 0.4, 0.2, 0.1, 0.1, 0.3, 1, 3, 6, 7, 7, 6, 9, 7, 5, 5, 5, 6, 7, 9, 11, 11, 8, 3)
_CUMULATIVE = tuple(sum(_BUSY_HOURS[: hour + 1]) for hour in _HOURS)
_INTERESTS = ("deposit", "deposit", "wealth", "wealth", "fund", "fund", "insurance", "consumer_loan")
_READING = (("product_view", 5, _INTERESTS), ("content_view", 3, _INTERESTS), ("rate_lookup", 3, ("deposit", "wealth")))


class Event(NamedTuple):
    """Something done `second` seconds after the first midnight of the history."""

    second: int
    kind: str
    topic: str | None
    channel: str


def browse(rng: Random, person: Person, days: Days) -> list[Event]:
    """The everyday events of one person; people without the app have none."""
    start = person.demand.start
    if person.role is None and rng.random() > _uses_app(person.age):
        return []
    events = [_event(rng, day, "login", None) for day in _days(rng, days, int(rng.triangular(8, 72, 30)), start)]
    if person.age < 18:
        return events
    for kind, most, topics in _READING:
        events += [_event(rng, day, kind, rng.choice(topics)) for day in _days(rng, days, rng.randint(0, most), start)]
    if 25 <= person.age <= 50 and person.role is None and rng.random() < 0.1:
        events.append(_event(rng, rng.randint(start, days.last), "rate_lookup", "mortgage"))
    return events


def _uses_app(age: int) -> float:
    if age < 18:
        return 0.0 if age < 12 else 0.3
    return 0.92 if age < 45 else 0.82 if age < 60 else 0.5 if age < 75 else 0.15


def _days(rng: Random, days: Days, count: int, start: int) -> list[int]:
    return [day for day in rng.choices(_DAYS, cum_weights=days.everyday, k=count) if day >= start]


def _event(rng: Random, day: int, kind: str, topic: str | None, channel: str = "app") -> Event:
    hour = rng.choices(_HOURS, cum_weights=_CUMULATIVE)[0]
    return Event(day * 86_400 + hour * 3_600 + rng.randrange(3_600), kind, topic, channel)


def look_up(
    rng: Random, days: Days, topic: str, count: int, *, within: int, kinds: tuple[str, ...] = ("rate_lookup",)
) -> list[Event]:
    """`count` look-ups of a topic in the last `within` days, on different days as far as there are enough."""
    window = range(days.last - within + 1, days.last)
    chosen = rng.sample(window, min(count, len(window)))
    return [_event(rng, day, rng.choice(kinds), topic, rng.choice(("app", "app", "online"))) for day in chosen]
