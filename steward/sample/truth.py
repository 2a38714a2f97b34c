"""The truth beside the data: who was planted with what, so that tiering and detection can be scored.

A row's kind is `tier` (one for each customer), `signal` (raised by a cause inside the data) or `decoy` (almost a cause: the
label must not be given). Days that return every year (birthdays, anniversaries) are told for the coming 30 days.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from contracts.values import SignalKind, Tier
from services.profile.measuring.rules_language import lunar_calendar
from services.profile.rules.lunar import birthdays_between
from steward.sample.days import Days
from steward.sample.people import Person, age_on
from steward.sample.plants import CAUSES, DECOYS, Role
from steward.sample.steering import averages

COMING_DAYS = 30
OLDER_AGE = 65
PAYROLL_TIMES, PAYROLL_DAYS = 3, 105


class Truth(NamedTuple):
    """One row of `truth.csv`."""

    customer_no: str
    kind: str
    label: str
    day: date
    cause: str


def truths(person: Person, played: int, days: Days) -> Iterator[Truth]:
    """All that is true of one customer; `played` is the day on which the planted cause was complete."""
    yield _tier(person, days.as_of)
    for label, day, cause in _signals(person, played, days):
        yield Truth(person.customer_no, "signal", label, day, cause)
    if person.role is not None and Role(person.role) in DECOYS:
        yield Truth(person.customer_no, "decoy", DECOYS[Role(person.role)], days.on(played), person.role)


def _tier(person: Person, as_of: date) -> Truth:
    found = averages(person)
    tier, cause = found.tier, "everybody_else"
    if tier is Tier.VIP:
        cause = f"assets_90={found.now // 100}.{found.now % 100:02d}"
    elif person.role == Role.CONTRIBUTION:
        tier, cause = Tier.VIP, str(Role.CONTRIBUTION)
    elif found.growth is None:
        cause = "short_history"
    elif tier is Tier.POTENTIAL:
        cause = f"growth_180={(found.growth - 1):.4f}"
    return Truth(person.customer_no, "tier", tier, as_of, cause)


def _signals(person: Person, played: int, days: Days) -> Iterator[tuple[SignalKind, date, str]]:
    as_of = days.as_of
    if person.role is not None and Role(person.role) in CAUSES:
        role = Role(person.role)
        day = date(as_of.year, 9, 1) if role is Role.UNIVERSITY else days.on(played)
        yield CAUSES[role], day, role
    if (paid := _payroll(person, days)) is not None:
        yield SignalKind.PAYROLL, paid, "salary_three_times"
    for fact in person.facts:
        if fact.fact == "employer_role" and fact.value == "executive":
            yield SignalKind.EXECUTIVE, as_of, Role.EXECUTIVE
        if fact.fact == "lunar_birthday":
            yield from _lunar(fact.value, as_of)
        if fact.fact == "business_founded_on":
            yield from _anniversary(SignalKind.BUSINESS_ANNIVERSARY, date.fromisoformat(fact.value), as_of)
    if any(age_on(birth, as_of) < 18 for birth in person.children):
        yield SignalKind.HAS_CHILDREN, as_of, "child_under_18"
    if person.age >= OLDER_AGE:
        yield SignalKind.OLDER_CUSTOMER, as_of, f"age={person.age}"
    yield from _anniversary(SignalKind.BIRTHDAY, person.birth, as_of)
    yield from _anniversary(SignalKind.ACCOUNT_ANNIVERSARY, person.opened, as_of)


def _anniversary(label: SignalKind, since: date, as_of: date) -> Iterator[tuple[SignalKind, date, str]]:
    day = _returns(since, as_of)
    if day is not None:
        yield label, day, f"years={day.year - since.year}"


def _lunar(kept: str, as_of: date) -> Iterator[tuple[SignalKind, date, str]]:
    coming = birthdays_between(lunar_calendar(), as_of, as_of + timedelta(days=COMING_DAYS))
    for day in [day for day, lunar in coming if lunar == kept][:1]:
        yield SignalKind.BIRTHDAY, day, f"lunar={kept}"


def _payroll(person: Person, days: Days) -> date | None:
    """The last pay day of those whose salary came three times lately; pay days shift, so calendar months do not tell."""
    paid = [flow.day for flow in person.demand.flows if flow.kind == "salary" and flow.day > days.last - PAYROLL_DAYS]
    return days.on(max(paid)) if len(paid) >= PAYROLL_TIMES else None


def _returns(day: date, as_of: date) -> date | None:
    """The next anniversary, if it is due from `as_of` to 30 days on; of 29 February it is the 28th in common years."""
    for year in (as_of.year, as_of.year + 1):
        try:
            anniversary = day.replace(year=year)
        except ValueError:
            anniversary = date(year, 2, 28)
        if as_of <= anniversary <= as_of + timedelta(days=COMING_DAYS) and year > day.year:
            return anniversary
    return None
