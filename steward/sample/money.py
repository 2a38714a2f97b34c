"""Money that moves every month: wages, pensions, takings, shopping, bills, cash, transfers, and what is left of it."""

from math import ceil
from operator import itemgetter
from random import Random

from contracts.values import ProductClass
from steward.sample.days import HISTORY_DAYS, Days
from steward.sample.people import YUAN, Household, Person
from steward.sample.plants import Role
from steward.sample.products import Account, Flow
from steward.sample.setting import Setting
from steward.sample.shops import Purchase

MONTHS = HISTORY_DAYS / 30.4
_DAYS = range(HISTORY_DAYS)
_SALARY_STOPS = 125
"""Days before the end at which a salary that ended was last paid."""


def stranger(rng: Random) -> str:
    """The number of an account at another bank."""
    return f"X{rng.randrange(10**10):010d}"


def live(rng: Random, person: Person, setting: Setting) -> None:
    """Nine months of a person's income and spending on the current account (and the credit card)."""
    if person.age < 18:
        _pocket_money(rng, person, setting)
        return
    _earn(rng, person, setting)
    _shop(rng, person, setting)
    _pay_bills(rng, person, setting.days)
    _draw_cash(rng, person, setting.days)
    _pay_friends(rng, person, setting.days)
    _receive_interest(person, setting.days)


def _earn(rng: Random, person: Person, setting: Setting) -> None:
    if person.employer is not None:
        _wages(rng, person, setting)
    elif person.occupation == "retired":
        _monthly(person, setting.days, 15, person.income, "pension", "X1000000001", None)
    elif person.occupation in ("self_employed", "farmer"):
        _takings(rng, person, setting.days)
    else:
        _monthly(person, setting.days, rng.randint(1, 8), person.income, "transfer", stranger(rng), "app")


def _monthly(person: Person, days: Days, day_of_month: int, fen: int, kind: str, other: str, channel: str | None) -> None:
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is not None:
            person.demand.flows.append(Flow(day, fen, kind, None, other, None, channel))


def _wages(rng: Random, person: Person, setting: Setting) -> None:
    employer = setting.employers[person.employer or 0]
    days = setting.days
    until = days.last - _SALARY_STOPS if person.role == Role.SALARY_ENDED else days.last
    for month in days.months:
        due = days.in_month(month, employer.pay_day)
        day = None if due is None else days.working_day(due, employer.step)
        if day is None or day > until:
            continue
        fen = person.income * rng.randint(985, 1_015) // 1_000
        if month.month == employer.thirteenth:
            fen += person.income
        for bonus_month, factor in employer.bonuses:
            if month.month == bonus_month:
                fen = int(fen * factor)
        person.demand.flows.append(Flow(day, fen, "salary", None, employer.account))


def _takings(rng: Random, person: Person, days: Days) -> None:
    payers = [stranger(rng) for _ in range(3)]
    for month in days.months:
        for _ in range(rng.randint(3, 7)):
            fen = person.income * rng.randint(12, 30) // 100
            day = rng.randint(month.first, month.last)
            person.demand.flows.append(Flow(day, fen, "transfer", None, rng.choice(payers), None, "online"))


def _shop(rng: Random, person: Person, setting: Setting) -> None:
    days, shops = setting.days, setting.shops
    card = next((account for account in person.accounts if account.product.kind is ProductClass.CREDIT_CARD), None)
    scale = max(45, min(260, int((person.income / (7_000 * YUAN)) ** 0.6 * 100)))
    busy = rng.triangular(0.7, 1.35, 1.0) * MONTHS
    if person.age >= 65:
        _purchases(rng, person.demand, days.everyday, shops.older, int(busy * 9), scale)
        return
    everyday, online, travel = int(busy * 11), int(busy * 3.5), int(busy * 0.5)
    on_card = 0 if card is None else everyday // 2
    _purchases(rng, person.demand, days.everyday, shops.everyday, everyday - on_card, scale)
    _purchases(rng, card or person.demand, days.online, shops.online, online, scale)
    _purchases(rng, card or person.demand, days.travel, shops.travel, travel, scale)
    if card is not None:
        _purchases(rng, card, days.everyday, shops.everyday, on_card, scale)
        _settle(rng, person, card, days)


def _purchases(
    rng: Random, account: Account, weights: tuple[float, ...], pool: tuple[Purchase, ...], count: int, scale: int
) -> None:
    account.flows += [
        Flow(day, -(fen * scale // 100), "card", mcc, None, None, channel)
        for day, (mcc, channel, fen) in zip(
            rng.choices(_DAYS, cum_weights=weights, k=count), rng.choices(pool, k=count), strict=True
        )
    ]


def _settle(rng: Random, person: Person, card: Account, days: Days) -> None:
    """Pay the credit card's bill once a month, in full."""
    card.flows.sort(key=itemgetter(0))
    owed, place = card.opening, 0
    payments = []
    day_of_month = rng.randint(3, 25)
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is None:
            continue
        while place < len(card.flows) and card.flows[place].day < day:
            owed -= card.flows[place].fen
            place += 1
        if owed > 0:
            payments.append(Flow(day, owed, "loan_payment", None, person.demand.number, None, "standing_order"))
            person.demand.flows.append(Flow(day, -owed, "loan_payment", None, card.number, None, "standing_order"))
            owed = 0
    card.flows += payments


def _pay_bills(rng: Random, person: Person, days: Days) -> None:
    bills = [("4814", rng.randint(3, 16) * 10), ("4900", rng.randint(60, 320))]
    if rng.random() < 0.5:
        bills.append(("4900", rng.randint(20, 140)))
    for mcc, yuan in bills:
        day_of_month = rng.randint(2, 27)
        for month in days.months:
            day = days.in_month(month, day_of_month)
            if day is not None:
                seasonal = 1.5 if mcc == "4900" and month.month in (1, 7, 8, 12) else 1.0
                fen = int(yuan * seasonal * rng.randint(90, 112))
                person.demand.flows.append(Flow(day, -fen, "bill", mcc, None, None, "standing_order"))


def _draw_cash(rng: Random, person: Person, days: Days) -> None:
    rate = 2.0 if person.age >= 65 else 0.6
    for day in rng.choices(_DAYS, cum_weights=days.everyday, k=int(rate * MONTHS * rng.uniform(0.5, 1.4))):
        fen = -rng.choice((200, 300, 500, 500, 1_000, 2_000)) * YUAN
        person.demand.flows.append(Flow(day, fen, "cash", None, None, None, "counter" if person.age >= 75 else "atm"))


def _pay_friends(rng: Random, person: Person, days: Days) -> None:
    friends = [stranger(rng) for _ in range(4)]
    for day in rng.choices(_DAYS, cum_weights=days.everyday, k=rng.randint(4, 18)):
        fen = rng.choice((50, 66, 88, 100, 100, 200, 300, 500)) * YUAN
        sign = 1 if rng.random() < 0.45 else -1
        person.demand.flows.append(Flow(day, sign * fen, "transfer", None, rng.choice(friends), None, "app"))
    for festival in days.festivals:
        for _ in range(rng.randint(1, 4)):
            fen = -rng.choice((200, 500, 600, 800, 1_000)) * YUAN
            day = max(0, min(days.last, festival + rng.randint(-1, 3)))
            person.demand.flows.append(Flow(day, fen, "transfer", None, rng.choice(friends), None, "app"))


def _receive_interest(person: Person, days: Days) -> None:
    """Demand interest of 0.05 % a year, paid on the 21st of a quarter's last month."""
    fen = (person.demand.opening + person.income) * 5 // 40_000
    for month in days.months:
        day = days.in_month(month, 21) if month.month % 3 == 0 else None
        if day is not None and fen > 0:
            person.demand.flows.append(Flow(day, fen, "interest"))


def _pocket_money(rng: Random, person: Person, setting: Setting) -> None:
    _receive_interest(person, setting.days)
    for festival in setting.days.festivals:
        fen = rng.choice((200, 400, 600, 1_000)) * YUAN
        person.demand.flows.append(Flow(festival, fen, "transfer", None, stranger(rng), None, "app"))
    if person.age >= 12:
        weights = setting.days.everyday
        _purchases(rng, person.demand, weights, setting.shops.everyday, int(4 * MONTHS), 30)
        _monthly(person, setting.days, 1, 150 * YUAN, "transfer", stranger(rng), "app")


def share(rng: Random, household: Household, days: Days) -> None:
    """Housekeeping money between partners: both sides of the transfer are in the book."""
    couple = [person for person in household.members if person.relation in ("head", "spouse") and not person.new]
    if len(couple) < 2 or rng.random() > 0.4:
        return
    giver, taker = sorted(couple, key=lambda person: person.income, reverse=True)
    fen = max(200, giver.income // YUAN // 1_000 * 100) * YUAN
    day_of_month = rng.randint(2, 26)
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is not None:
            hand_over(giver, taker, day, fen)


def hand_over(giver: Person, taker: Person, day: int, fen: int) -> None:
    """Move money from one customer to another of the household."""
    giver.demand.flows.append(Flow(day, -fen, "transfer", None, taker.demand.number, None, "app", at_home=True))
    taker.demand.flows.append(Flow(day, fen, "transfer", None, giver.demand.number, None, "app", at_home=True))


def level_out(rng: Random, person: Person, days: Days) -> None:
    """Send what is left every month to an account elsewhere, or draw what is missing from there, as a standing order.

    Without it every balance would only ever rise or fall, and growth would say nothing.
    """
    start = person.demand.start
    person.demand.flows = [flow for flow in person.demand.flows if flow.day >= start]
    day_of_month = rng.randint(6, 26)
    order_days = [day for month in days.months if (day := days.in_month(month, day_of_month)) is not None and day >= start]
    if not order_days:
        return
    left = sum(flow.fen for flow in person.demand.flows) // len(order_days)
    step = 100 * YUAN
    fen = left * rng.randint(94, 100) // 100 // step * step if left > 0 else -ceil(-left / step) * step
    if fen == 0:
        return
    other = stranger(rng)
    person.demand.flows += [Flow(day, -fen, "transfer", None, other, None, "standing_order") for day in order_days]
