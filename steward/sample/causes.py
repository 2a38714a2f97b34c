"""How the parts are played: the flows and events that make a signal true, and those that only look like it."""

from collections.abc import Callable, Mapping
from random import Random

from contracts.values import ProductClass
from steward.sample import products
from steward.sample.behaviour import Event, look_up
from steward.sample.days import HISTORY_DAYS, Days, Month
from steward.sample.holdings import buy
from steward.sample.money import hand_over, stranger
from steward.sample.people import YUAN, Person
from steward.sample.plants import Role
from steward.sample.products import Account, Flow, Product
from steward.sample.shops import BABY_SHOP

Played = tuple[int, list[Event]]
"""The day on which the cause is complete, and the app events that belong to it."""

_ALERT_DAYS = 6
"""A sudden outflow is at most this many days old: it asks for a contact within 24 hours (H25)."""
_READING = ("product_view", "content_view")


def play(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    """Play the person's part, if any; parts that are facts only need no play."""
    if person.role is None or Role(person.role) not in _PLAYS:
        return days.last, []
    return _PLAYS[Role(person.role)](rng, person, partner, days)


def _look_for_home(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    events = look_up(rng, days, "mortgage", rng.randint(6, 13), within=27)
    events += look_up(rng, days, "mortgage", rng.randint(1, 4), within=88)
    return _last_day(events), events


def _look_twice(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    return days.last, look_up(rng, days, "mortgage", 2, within=27)


def _need_succession(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    events = look_up(rng, days, "succession", rng.randint(3, 6), within=55, kinds=_READING)
    return _last_day(events), events


def _need_loan(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    events = look_up(rng, days, "business_loan", rng.randint(4, 8), within=55)
    return _last_day(events), events


def _need_both(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    events = _need_succession(rng, person, partner, days)[1] + _need_loan(rng, person, partner, days)[1]
    return _last_day(events), events


def _last_day(events: list[Event]) -> int:
    return max(event.second for event in events) // 86_400


def _months(days: Days) -> tuple[list[Month], list[Month]]:
    """The months that are over, and the running one once it is ten days old."""
    *past, running = days.months
    return past, [running] if days.as_of.day >= 10 else []


def _shop_for_baby(rng: Random, person: Person, months: list[Month]) -> Played:
    last = 0
    for month in months:
        for _ in range(rng.randint(1, 4)):
            day = rng.randint(month.first, month.last)
            last = max(last, day)
            fen = -rng.randint(60, 680) * YUAN + rng.choice((0, 10, 50))
            channel = rng.choice(("card", "online"))
            person.demand.flows.append(Flow(day, fen, "card", BABY_SHOP, None, None, channel))
    return last, []


def _expect(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    past, running = _months(days)
    return _shop_for_baby(rng, person, past[-3:] + running)


def _visit_baby(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    past, running = _months(days)
    return _shop_for_baby(rng, person, (past + running)[-2:])


def _visit_baby_again(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    past, running = _months(days)
    recent = (past + running)[-4:]
    return _shop_for_baby(rng, person, [recent[0], recent[1], recent[3]])


def _big(rng: Random, person: Person) -> int:
    """Far above what the person ever moved, and above any reporting floor a bank would set."""
    usual = max((-flow.fen for flow in person.demand.flows if flow.kind == "transfer"), default=0)
    return max(rng.randint(90, 280) * 1_000, 8 * usual // YUAN) * YUAN


def _lose_money(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    day = days.last - rng.randint(0, _ALERT_DAYS)
    fen, other, channel = _big(rng, person), stranger(rng), rng.choice(("app", "app", "counter"))
    parts = [fen] if rng.random() < 0.75 else [fen // 2, fen - fen // 2]
    person.demand.flows += [Flow(day, -part, "transfer", None, other, None, channel) for part in parts]
    return day, []


def _move_to_deposit(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    day, fen = days.last - rng.randint(0, _ALERT_DAYS), _big(rng, person)
    term = person.open(rng.choice(products.TERMS), opened=day)
    person.demand.flows.append(Flow(day, -fen, "transfer", None, term.number, None, "app"))
    term.steps.append((day, fen))
    return day, []


def _move_to_partner(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    day = days.last - rng.randint(0, _ALERT_DAYS)
    if partner is not None:
        hand_over(person, partner, day, _big(rng, person))
    return day, []


def _pay_suppliers(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    suppliers, buyers = [stranger(rng) for _ in range(3)], [stranger(rng) for _ in range(3)]
    size = rng.randint(60, 120) * 1_000
    paid = sorted({days.last - rng.randint(0, 5), *range(rng.randint(4, 9), HISTORY_DAYS, rng.randint(9, 13))})
    for day in paid:
        fen = int(size * rng.uniform(0.75, 1.25)) * YUAN
        received = max(0, day - rng.randint(1, 3))
        person.demand.flows.append(Flow(received, fen, "transfer", None, rng.choice(buyers), None, "online"))
        person.demand.flows.append(Flow(day, -fen, "transfer", None, rng.choice(suppliers), None, "app"))
    return paid[-1], []


def _buy_in_a_row(rng: Random, person: Person, days: Days, wanted: list[Product], low: int, high: int) -> Played:
    amounts = [rng.randint(low, high) * 10_000 * YUAN for _ in wanted]
    day = days.last - rng.randint(2, 9) - 14 * (len(wanted) - 1)
    _redeem(person, day - 2, sum(amounts))
    for product, fen in zip(wanted, amounts, strict=True):
        held = next((account for account in person.accounts if account.product == product), None)
        buy(person, held or person.open(product, opened=day), day, fen, rng.choice(("app", "branch")))
        last, day = day, day + rng.randint(5, 14)
    return last, []


def _redeem(person: Person, day: int, fen: int) -> None:
    """Pay from what is held, if one holding is large enough."""
    large = [account for account in person.accounts if _redeemable(account) and account.opening * 9 > fen * 10]
    if large:
        holding = max(large, key=lambda account: account.opening)
        holding.steps.append((day, -fen))
        code = holding.product.code
        person.demand.flows.append(Flow(day, fen, "redemption", None, holding.number, code, "app"))


def _redeemable(account: Account) -> bool:
    return account.product.kind in (ProductClass.TERM, ProductClass.WEALTH)


def _buy_private(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    return _buy_in_a_row(rng, person, days, rng.sample(products.PRIVATE_FUNDS, 3), 100, 140)


def _buy_two_private(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    return _buy_in_a_row(rng, person, days, rng.sample(products.PRIVATE_FUNDS, 2), 100, 140)


def _buy_bold(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    return _buy_in_a_row(rng, person, days, rng.sample(products.BOLD_FUNDS, 3), 2, 6)


def _buy_mixed(rng: Random, person: Person, partner: Person | None, days: Days) -> Played:
    first, second, third = rng.sample(products.BOLD_FUNDS, 3)
    return _buy_in_a_row(rng, person, days, [first, second, products.WEALTHS[1], third], 2, 5)


_PLAYS: Mapping[Role, Callable[[Random, Person, Person | None, Days], Played]] = {
    Role.MORTGAGE_LOOKUPS: _look_for_home,
    Role.LOOKUPS_NO_DEPOSIT: _look_for_home,
    Role.DEPOSIT_FEW_LOOKUPS: _look_twice,
    Role.BABY_THREE_MONTHS: _expect,
    Role.BABY_TWO_MONTHS: _visit_baby,
    Role.BABY_WITH_GAP: _visit_baby_again,
    Role.OWNER_SUCCESSION: _need_succession,
    Role.LOAN_SUCCESSION: _need_both,
    Role.LOAN_ONLY: _need_loan,
    Role.SUCCESSION_ONLY: _need_succession,
    Role.OUTFLOW: _lose_money,
    Role.OWN_MOVE: _move_to_deposit,
    Role.HOUSEHOLD_MOVE: _move_to_partner,
    Role.USUAL_OUTFLOW: _pay_suppliers,
    Role.PRIVATE_STREAK: _buy_private,
    Role.BOLD_STREAK: _buy_bold,
    Role.PRIVATE_PAIR: _buy_two_private,
    Role.BROKEN_STREAK: _buy_mixed,
}
