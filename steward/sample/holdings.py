"""What people hold and owe when the history begins: deposits, wealth products, funds, policies, loans, cards."""

from random import Random

from contracts.values import ProductClass, Tier
from steward.sample import products
from steward.sample.days import Days
from steward.sample.identity import Numbers
from steward.sample.people import YUAN, Person
from steward.sample.plants import Role
from steward.sample.products import Account, Flow, Product
from steward.sample.setting import Setting

_DEPOSITORS = (Role.MORTGAGE_LOOKUPS, Role.DEPOSIT_FEW_LOOKUPS)
_CALM = (Role.PRIVATE_STREAK, Role.PRIVATE_PAIR, Role.BOLD_STREAK, Role.BROKEN_STREAK)
_SMALLEST = 5_000 * YUAN
# share of value that a month may bring, in basis points
_RETURNS = {ProductClass.WEALTH: (8, 28), ProductClass.FUND: (-350, 420), ProductClass.PRIVATE_FUND: (-250, 330)}


def open_accounts(rng: Random, person: Person, numbers: Numbers, setting: Setting) -> None:
    """Open everybody's accounts, the current account first."""
    days = setting.days
    demand = person.open(products.DEMAND, opened=days.index(person.opened))
    if person.age >= 12:
        demand.card_no = numbers.card(person.number, 1)
    _invest(rng, person, days)
    if person.age < 18 or person.new:
        return
    _insure(rng, person, days)
    _borrow(rng, person, days)
    if 22 <= person.age <= 64 and rng.random() < 0.32:
        card = person.open(products.CREDIT_CARD, opened=_past(rng, person, days), opening=rng.randint(500, 6_000) * YUAN)
        card.card_no = numbers.card(person.number, 2)


def _past(rng: Random, person: Person, days: Days) -> int:
    return -rng.randint(1, max(1, -days.index(person.opened)))


def _invest(rng: Random, person: Person, days: Days) -> None:
    saver = person.invests and person.age >= 25 and not person.new
    if person.role in _DEPOSITORS:
        person.demand.opening = person.level // 2
        person.open(rng.choice(products.TERMS), opened=_past(rng, person, days), opening=person.level // 2)
        return
    kept = person.level if not saver else person.level * rng.randint(15, 40) // 100
    person.demand.opening = 0 if person.new else kept
    if not saver:
        return
    shelves: tuple[tuple[tuple[Product, ...], int], ...] = ((products.TERMS, 4), (products.WEALTHS, 4), (products.PLAN_FUNDS, 2))
    parts = [weight * rng.random() for _, weight in shelves]
    for (shelf, _), part in zip(shelves, parts, strict=True):
        amount = int((person.level - kept) * part / sum(parts)) // YUAN * YUAN
        if amount < _SMALLEST:
            person.demand.opening += amount
            continue
        account = person.open(rng.choice(shelf), opened=_past(rng, person, days), opening=amount)
        _revalue(rng, account, days)


def _revalue(rng: Random, account: Account, days: Days) -> None:
    """Month-end values of what is not a deposit."""
    if account.product.kind not in _RETURNS:
        return
    low, high = _RETURNS[account.product.kind]
    value = account.opening
    for month in days.months[:-1]:
        change = value * rng.randint(low, high) // 10_000
        account.steps.append((month.last, change))
        value += change


def _insure(rng: Random, person: Person, days: Days) -> None:
    if not 25 <= person.age <= 70 or rng.random() > 0.12:
        return
    value = rng.randint(10, 120) * 1_000 * YUAN if person.tier is Tier.VIP else 0
    policy = person.open(rng.choice(products.INSURANCES), opened=_past(rng, person, days), opening=value)
    premium = rng.randint(150, 900) * YUAN
    day_of_month = rng.randint(3, 27)
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is not None:
            person.demand.flows.append(
                Flow(day, -premium, "insurance_premium", None, policy.number, policy.product.code, "standing_order")
            )


def _borrow(rng: Random, person: Person, days: Days) -> None:
    if person.role == Role.CONTRIBUTION:
        _loan(rng, person, products.BUSINESS_LOAN, rng.randint(45, 90) * 100_000 * YUAN, 390, 120, days)
        _loan(rng, person, products.MORTGAGE, rng.randint(35, 60) * 100_000 * YUAN, 345, 300, days)
        return
    owner = any(fact.fact == "owns_business" for fact in person.facts)
    wants_home = person.role not in (*_DEPOSITORS, Role.LOOKUPS_NO_DEPOSIT, Role.NEAR_VIP)
    # loans stay small enough that they never make a contribution to speak of: only the planted ones do (H2)
    if owner and rng.random() < 0.35:
        _loan(rng, person, products.BUSINESS_LOAN, rng.randint(4, 14) * 10_000 * YUAN, 435, 60, days)
    elif wants_home and 28 <= person.age <= 56 and person.income >= 7_000 * YUAN and rng.random() < 0.34:
        principal = min(450_000, rng.randint(15, 45) * person.income // YUAN)
        _loan(rng, person, products.MORTGAGE, principal * YUAN, 355, rng.randint(140, 320), days)
    elif 22 <= person.age <= 58 and person.income >= 5_000 * YUAN and rng.random() < 0.07:
        _loan(rng, person, products.CONSUMER_LOAN, rng.randint(10, 120) * 1_000 * YUAN, 480, 36, days)


def _loan(rng: Random, person: Person, product: Product, owed: int, rate_bp: int, months: int, days: Days) -> None:
    """A loan paid back in equal instalments of `months` more: every month interest is charged, then paid with a share."""
    account = person.open(product, opened=_past(rng, person, days), opening=owed)
    monthly = rate_bp / 120_000
    payment = round(owed * monthly / (1 - (1 + monthly) ** -months))
    day_of_month = rng.randint(8, 24)
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is None:
            continue
        interest = owed * rate_bp // 120_000
        account.flows.append(Flow(day, -interest, "interest", None, None, None, None))
        account.flows.append(Flow(day, payment, "loan_payment", None, person.demand.number, None, "standing_order"))
        person.demand.flows.append(Flow(day, -payment, "loan_payment", None, account.number, None, "standing_order"))
        owed += interest - payment


def plan(rng: Random, person: Person, days: Days) -> None:
    """A fund plan: every month the same sum, on the same day, into the same fund."""
    if not person.invests or person.new or not 23 <= person.age <= 60 or person.role in _CALM or rng.random() > 0.2:
        return
    fund = person.open(
        rng.choice(products.PLAN_FUNDS[:3]), opened=_past(rng, person, days), opening=rng.randint(5, 60) * 100 * YUAN
    )
    _revalue(rng, fund, days)
    amount = rng.choice((200, 300, 500, 500, 1_000, 2_000)) * YUAN
    day_of_month = rng.choice((1, 5, 10, 15, 20, 28))
    for month in days.months:
        day = days.in_month(month, day_of_month)
        if day is not None:
            buy(person, fund, day, amount, "standing_order")


def buy(person: Person, holding: Account, day: int, fen: int, channel: str) -> None:
    """Pay for a holding from the current account."""
    person.demand.flows.append(Flow(day, -fen, "purchase", None, holding.number, holding.product.code, channel))
    holding.steps.append((day, fen))
