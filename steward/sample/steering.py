"""Balances that come to the tier that was meant: averages as H2 and H3 count them, and the corrections that reach them."""

from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from random import Random

from contracts.values import Tier
from steward.sample.days import HISTORY_DAYS
from steward.sample.holdings import buy
from steward.sample.money import stranger
from steward.sample.people import YUAN, Person
from steward.sample.plants import Role
from steward.sample.products import WEALTHS, Flow

WINDOW = 90
_LAST = HISTORY_DAYS - 1
_NOW = (_LAST - WINDOW + 1, _LAST)
_THEN = (_NOW[0] - 180, _NOW[1] - 180)
GAP = (_THEN[1] + 1, _NOW[0] - 1)
"""Between the two windows: money that comes here counts fully in the second and not at all in the first."""

_FLOOR = 300 * YUAN
VIP_ASSETS = 500_000 * YUAN
GROWTH = 1.30


def _days_held(window: tuple[int, int]) -> tuple[int, ...]:
    first, last = window
    return tuple(max(0, last - max(day, first) + 1) for day in range(HISTORY_DAYS))


_HELD_NOW = _days_held(_NOW)
_HELD_THEN = _days_held(_THEN)


@dataclass(frozen=True, slots=True)
class Averages:
    """Daily average assets in fen: of the last 90 days, and of the 90 days that ended 180 days earlier.

    `own_now` and `own_then` leave out what moved within the household: that is no growth.
    """

    now: int
    own_now: int
    own_then: int | None

    @property
    def growth(self) -> float | None:
        """1.3 is 30 % more; None without both windows."""
        return self.own_now / self.own_then if self.own_then and self.own_then > 0 else None

    @property
    def tier(self) -> Tier:
        """The tier by assets and growth alone."""
        if self.now > VIP_ASSETS:
            return Tier.VIP
        return Tier.POTENTIAL if self.growth is not None and self.growth >= GROWTH else Tier.ORDINARY


def averages(person: Person) -> Averages:
    """Count a person's assets as the bank will."""
    now = then = 0
    at_home = [flow for flow in person.demand.flows if flow.at_home and flow.day >= _THEN[0]]
    home_now = sum(flow.fen * _HELD_NOW[flow.day] for flow in at_home)
    home_then = sum(flow.fen * _HELD_THEN[flow.day] for flow in at_home)
    for account in person.accounts:
        if account.is_asset:
            for day, fen in account.changes():
                now += fen * _HELD_NOW[day]
                then += fen * _HELD_THEN[day]
    known = min(account.start for account in person.accounts) <= _THEN[0]
    return Averages(now // WINDOW, (now - home_now) // WINDOW, (then - home_then) // WINDOW if known else None)


def steer(rng: Random, person: Person) -> None:
    """Keep the current account above water, then bring the averages to where the tier begins or ends."""
    flows = person.demand.flows
    flows.sort(key=itemgetter(0))
    lowest = min(accumulate(map(itemgetter(1), flows)), default=0)
    person.demand.opening = max(person.demand.opening, _FLOOR - lowest)
    if person.new and person.demand.opening > 0:
        # an account that was opened within the history begins with a payment, not with a balance
        first = Flow(person.demand.start, person.demand.opening, "cash", None, None, None, "counter")
        person.demand.flows.insert(0, first)
        person.demand.opening = 0
    found = averages(person)
    if person.tier is Tier.POTENTIAL:
        _raise_growth(rng, person, found, rng.uniform(1.36, 2.3))
    elif person.tier is Tier.VIP and person.role != Role.CONTRIBUTION:
        _top_up(person, found, rng.randint(540_000, 900_000) * YUAN)
    elif person.role == Role.NEAR_POTENTIAL:
        _calm(person, found, 1.1)
        _raise_growth(rng, person, averages(person), rng.uniform(1.2, 1.27))
    else:
        _calm(person, found, 1.235 if person.role == Role.LOOKUPS_NO_DEPOSIT else rng.uniform(1.08, 1.22))
        if person.role == Role.NEAR_VIP:
            _top_up(person, averages(person), rng.randint(455_000, 490_000) * YUAN)


def _raise_growth(rng: Random, person: Person, found: Averages, growth: float) -> None:
    """Let money come from elsewhere in the gap between the windows, and put most of it into a wealth product."""
    then = found.own_then or 0
    missing = int(then * growth) - found.own_now
    if missing <= 0:
        return
    other = stranger(rng)
    parts = _split(rng, missing)
    for day, fen in zip(sorted(rng.randint(GAP[0], GAP[1] - 12) for _ in parts), parts, strict=True):
        person.demand.flows.append(Flow(day, fen, "transfer", None, other, None, "app"))
        kept = fen * rng.randint(60, 95) // 100 // (1_000 * YUAN) * 1_000 * YUAN
        if kept >= 10_000 * YUAN:
            product = rng.choice(WEALTHS)
            held = next((account for account in person.accounts if account.product == product), None)
            buy(person, held or person.open(product, opened=day + 5), day + 5, kept, "app")


def _split(rng: Random, fen: int) -> list[int]:
    """One to three payments; every one but the last is in whole hundreds of yuan."""
    parts = []
    for left in range(rng.randint(1, 3), 1, -1):
        part = int(fen / left * rng.uniform(0.6, 1.3)) // (100 * YUAN) * 100 * YUAN
        parts.append(part)
        fen -= part
    return [part for part in (*parts, fen) if part > 0]


def _top_up(person: Person, found: Averages, wanted: int) -> None:
    if found.now < wanted:
        _add(person, wanted - found.now)


def _calm(person: Person, found: Averages, growth: float) -> None:
    """Lift both averages by the same sum until the growth is no more than `growth`."""
    if found.own_then is not None and found.own_now > found.own_then * 1.24:
        _add(person, int((found.own_now - growth * found.own_then) / (growth - 1)))


def _add(person: Person, fen: int) -> None:
    """More money from the beginning: on the largest deposit or holding that was there, else the current account."""
    if person.demand.opened >= 0:
        return
    held = [account for account in person.accounts if account.is_asset and account.opened < 0]
    max(held, key=lambda account: account.opening).opening += fen
