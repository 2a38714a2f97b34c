"""Whether the law still keeps a customer's record (PIPL art. 47, Anti-Money-Laundering Law 2024 art. 34). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.values import RuleBroken


class RelationGoesOn(RuleBroken):
    """The customer still has an account: the record is needed for the contract, and keeping it has not begun to end."""

    rule = "relation-goes-on"
    fix = "Close the customer's accounts first; what is no longer needed can be refused with PUT …/consents at any time."


class RetentionRuns(RuleBroken):
    """The law keeps the record until a day, which `detail` names with the article. The record is restricted from now on."""

    rule = "retention-runs"
    fix = "Nothing has to be done: the record is erased by itself on that day, and only stored and protected until then."


@dataclass(frozen=True)
class Relation:
    """What is known of the relation's end. `last_closed_on` is the last closing, `last_booked_on` the last transaction."""

    opened_on: date
    open_accounts: int
    last_closed_on: date | None = None
    last_booked_on: date | None = None


@dataclass(frozen=True)
class Keeping:
    """Records that are kept for years after the relation has ended, and the article that says so."""

    records: str
    years: int
    clause: str


@dataclass(frozen=True)
class Held:
    """The first day on which the record may be erased, and the rule that decides it."""

    until: date
    keeping: Keeping


def held(relation: Relation, keepings: Sequence[Keeping], *, today: date) -> Held | None:
    """The keeping that ends last, while it runs; None when the record may be erased. Raises `RelationGoesOn`.

    A relation without any account ended when it began.
    """
    if relation.open_accounts:
        raise RelationGoesOn(f"{relation.open_accounts} account(s) are open")
    known = (relation.last_closed_on, relation.last_booked_on, relation.opened_on)
    ended = max(day for day in known if day is not None)
    last = max(keepings, key=lambda keeping: keeping.years)
    until = years_after(ended, last.years)
    return Held(until, last) if today < until else None


def years_after(day: date, years: int) -> date:
    """The same day of the month years later; the first of March for a 29 February that the year does not have."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
