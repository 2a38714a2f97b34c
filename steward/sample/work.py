"""What people live on: occupations, employers with their pay days and bonus months, incomes and what is put aside."""

from dataclasses import dataclass
from random import Random

from contracts.values import Tier
from steward.sample.people import YUAN, Person

MAX_EMPLOYERS = 2_000


@dataclass(frozen=True, slots=True)
class Employer:
    """Pays wages on `pay_day`; before a weekend or holiday it pays earlier (step -1) or later (step 1)."""

    number: str
    account: str
    pay_day: int
    step: int
    thirteenth: int
    bonuses: tuple[tuple[int, float], ...]


def employers(seed: int, customers: int) -> tuple[Employer, ...]:
    """The bank's payroll employers: more of them in a larger bank, up to a bound."""
    rng = Random(f"employers:{seed}")
    return tuple(_employer(rng, count) for count in range(max(8, min(MAX_EMPLOYERS, customers // 25))))


def _employer(rng: Random, count: int) -> Employer:
    thirteenth = rng.choice((1, 1, 2, 12))
    bonuses = ((rng.choice((3, 4, 6, 7, 9)), 1.5),) if rng.random() < 0.5 else ()
    pay_day = rng.choice((5, 8, 10, 10, 15, 15, 20, 25, 28))
    return Employer(
        number=f"E{count + 1:05d}",
        account=f"X9{rng.randrange(10**9):09d}",
        pay_day=pay_day,
        step=-1 if pay_day > 20 else rng.choice((-1, -1, 1)),
        thirteenth=thirteenth,
        bonuses=bonuses,
    )


MEDIAN_INCOME = {
    "employee": 8_500, "executive": 30_000, "public": 9_000, "self_employed": 11_000, "farmer": 3_200,
    "retired": 3_900, "student": 1_900, "none": 1_600,
}  # fmt: skip


def employ(rng: Random, person: Person, book: tuple[Employer, ...]) -> None:
    """Give a person an occupation that fits the age, an employer and a monthly income."""
    person.occupation = _occupation(rng, person)
    earn(rng, person, book)


def earn(rng: Random, person: Person, book: tuple[Employer, ...]) -> None:
    """Set employer, income and holdings from the occupation."""
    if person.age < 18:
        person.level = int(rng.lognormvariate(8.3, 0.9)) * YUAN
        return
    person.employer = None
    if person.occupation in ("employee", "executive", "public"):
        person.employer = rng.randrange(len(book))
    spread = 0.25 if person.occupation in ("retired", "student", "none") else 0.38
    person.income = int(MEDIAN_INCOME[person.occupation] * rng.lognormvariate(0, spread)) * YUAN
    person.level = min(int(rng.lognormvariate(10.3, 0.95)), 330_000) * YUAN


def _occupation(rng: Random, person: Person) -> str:
    age = person.age
    if age < 6:
        return "none"
    if age < 18 or (age < 23 and rng.random() < 0.7):
        return "student"
    if age >= (60 if person.sex == "m" else 55):
        return "retired" if rng.random() < 0.93 else "farmer"
    return rng.choices(("employee", "public", "self_employed", "farmer", "executive", "none"), (60, 12, 12, 6, 4, 6))[0]


VIP_SHARE = 0.045
POTENTIAL_SHARE = 0.15


def rank(rng: Random, people: list[Person]) -> None:
    """Choose who is to become a VIP or Potential customer: the well paid and the older have better odds."""
    grown = [person for person in people if person.age >= 25]
    wealthy = sorted(grown, key=lambda person: rng.random() ** (1 / _odds(person)), reverse=True)
    vips = wealthy[: max(2, round(len(people) * VIP_SHARE))]
    for person in vips:
        person.tier = Tier.VIP
        person.level = int(min(9_000_000, 580_000 + rng.expovariate(1 / 900_000))) * YUAN
    rising = [person for person in grown if person.tier is Tier.ORDINARY and person.age < 70 and not person.new]
    for person in rng.sample(rising, min(len(rising), round(len(people) * POTENTIAL_SHARE))):
        person.tier = Tier.POTENTIAL
        person.level = min(person.level, 130_000 * YUAN)


def _odds(person: Person) -> float:
    odds = {"executive": 6.0, "self_employed": 3.0, "retired": 1.3, "farmer": 0.2, "student": 0.05}.get(person.occupation, 1.0)
    return odds * (0.3 if person.age < 32 else 1.0)
