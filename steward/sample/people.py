"""The people of the sample: households of relatives, what they do for a living, and which of them bank here."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from contracts.values import Tier
from steward.sample import names
from steward.sample.identity import Numbers
from steward.sample.products import Account, Product
from steward.sample.regions import BRANCHES, Branch, Region

YUAN = 100
"""Fen in a yuan."""


class Fact(NamedTuple):
    """Something the bank knows about a customer since a day."""

    fact: str
    value: str
    since: date


@dataclass(slots=True)
class Person:
    """A customer. `income` is fen a month; `level` is what the holdings should come to, in fen; `role` is a plant's name."""

    number: int
    family_name: str
    given_name: str
    sex: str
    birth: date
    age: int
    relation: str
    branch: Branch
    address: str
    household: str | None
    opened: date
    occupation: str = "none"
    employer: int | None = None
    income: int = 0
    level: int = 0
    tier: Tier = Tier.ORDINARY
    role: str | None = None
    adviser_no: str | None = None
    id_type: str = "resident_id"
    id_number: str | None = None
    phone: str | None = None
    email: str | None = None
    children: list[date] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    invests: bool = True
    new: bool = False

    @property
    def customer_no(self) -> str:
        return f"C{self.number:08d}"

    @property
    def demand(self) -> Account:
        """The current account, which everybody has."""
        return self.accounts[0]

    def open(self, product: Product, *, opened: int, opening: int = 0) -> Account:
        """Open an account on a day of the history (negative: before it)."""
        account = Account(f"A{self.number:08d}{len(self.accounts) + 1:02d}", product, opened, opening)
        self.accounts.append(account)
        return account


@dataclass(slots=True)
class Household:
    """People who live together; `members` are those who bank here."""

    members: list[Person]
    branch: Branch
    home: Region | None
    address: str
    number: str


SHAPES = (
    ("single", 26), ("couple", 20), ("family", 34), ("elders", 13), ("three_generations", 7),
)  # fmt: skip


def settle(rng: Random, *, first: int, count: int, as_of: date, numbers: Numbers) -> list[Household]:
    """`count` customers in households, numbered from `first` on."""
    households: list[Household] = []
    settled = 0
    while settled < count:
        household = _household(rng, number=first + settled, as_of=as_of, numbers=numbers)
        household.members = household.members[: count - settled]
        if len(household.members) > 1:
            for person in household.members:
                person.household = household.number
        settled += len(household.members)
        households.append(household)
    return households


def _household(rng: Random, *, number: int, as_of: date, numbers: Numbers) -> Household:
    branch = rng.choice(BRANCHES)
    street = f"{branch.city}{branch.district}{rng.choice(branch.streets)}"
    address = f"{street}{rng.randint(1, 399)}号{rng.randint(1, 18)}栋{rng.randint(1, 28)}{rng.randint(1, 4):02d}室"
    shape = rng.choices([shape for shape, _ in SHAPES], [weight for _, weight in SHAPES])[0]
    home = rng.choice(numbers.regions(1950))
    household = Household([], branch, home, address, f"H{number:08d}")
    father, mother = names.surname(rng), names.surname(rng)
    for relation, sex, age, family_name in _ages(rng, shape, father, mother):
        birth = as_of - timedelta(days=int(age * 365.2425) + rng.randint(0, 364))
        person = _person(rng, number + len(household.members), relation, sex, birth, family_name, household, as_of)
        _name_numbers(rng, person, household, numbers)
        household.members.append(person)
    _acknowledge_children(rng, household, shape, as_of)
    return household


def _ages(rng: Random, shape: str, father: str, mother: str) -> list[tuple[str, str, int, str]]:
    """(relation, sex, age, surname) of the members who bank here."""
    if shape == "single":
        return [("head", rng.choice("mf"), min(95, int(rng.triangular(18, 68, 27))), father)]
    if shape == "elders":
        age = min(95, 62 + int(rng.expovariate(1 / 9)))
        pair = [("head", "m", age, father), ("spouse", "f", max(60, age - rng.randint(0, 5)), mother)]
        return pair if rng.random() < 0.6 else [rng.choice(pair)]
    age = int(rng.triangular(25, 58, 33)) if shape == "couple" else int(rng.triangular(27, 54, 38))
    members = [("head", "m", age, father), ("spouse", "f", max(23, age - rng.randint(-1, 5)), mother)]
    if shape == "couple":
        return members
    banking = sum(rng.random() < 0.2 for _ in range(rng.choice((1, 1, 2))))
    members += [("child", rng.choice("mf"), rng.randint(0, min(17, age - 24)), father) for _ in range(banking)]
    if shape == "three_generations":
        members.append(("parent", rng.choice("mf"), min(95, age + rng.randint(23, 33)), father))
    return members


def _person(
    rng: Random, number: int, relation: str, sex: str, birth: date, family_name: str, household: Household, as_of: date
) -> Person:
    age = age_on(birth, as_of)
    adult_days = max(1, (as_of - birth).days - (0 if age < 18 else 16 * 365))
    opened = as_of - timedelta(days=min(adult_days - 1, 280 + int(rng.expovariate(1 / 2_600))))
    is_new = age >= 18 and rng.random() < 0.035
    if is_new:
        opened = as_of - timedelta(days=rng.randint(20, 240))
    return Person(
        number=number,
        family_name=family_name,
        given_name=names.given(rng, sex=sex, birth_year=birth.year),
        sex=sex,
        birth=birth,
        age=age,
        relation=relation,
        branch=household.branch,
        address=household.address,
        household=None,
        opened=opened,
        new=is_new,
    )


def _name_numbers(rng: Random, person: Person, household: Household, numbers: Numbers) -> None:
    person.id_number = numbers.resident(rng, birth=person.birth, sex=person.sex, home=household.home)
    foreign = rng.random()
    if person.id_number is None or foreign < 0.012:
        person.id_type = "passport" if foreign > 0.008 else rng.choice(("hk_macau_permit", "taiwan_permit"))
        person.id_number = numbers.document(person.id_type, person.number)
    if person.age >= 12 and rng.random() < 0.985:
        person.phone = numbers.phone(rng, person.number)
    if 18 <= person.age < 65 and rng.random() < 0.55:
        person.email = f"{names.pinyin(person.family_name)}{person.number}@example.com"


def _acknowledge_children(rng: Random, household: Household, shape: str, as_of: date) -> None:
    """The bank knows the children who bank here, and those of most families whose children do not."""
    parents = [person for person in household.members if person.relation in ("head", "spouse")]
    children = [person.birth for person in household.members if person.relation == "child"]
    if shape in ("family", "three_generations") and not children and rng.random() < 0.4:
        oldest = min(17, min(parent.age for parent in parents) - 23)
        children = [as_of - timedelta(days=rng.randint(200, max(1, oldest) * 365 + 200))]
    for parent in parents:
        parent.children = sorted(children)


def age_on(birth: date, day: date) -> int:
    """Full years of life on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
