"""What the bank knows besides the numbers: facts about customers and their risk assessments."""

from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from contracts.values import ProductClass, Tier
from steward.sample.people import Fact, Person, age_on
from steward.sample.plants import Role


class Assessment(NamedTuple):
    """A risk assessment (风险测评): valid for a year (H22)."""

    day: date
    level: str


_NOT_OWNERS = (Role.SUCCESSION_ONLY, Role.LOAN_SUCCESSION)
_INVESTMENTS = (ProductClass.WEALTH, ProductClass.FUND, ProductClass.PRIVATE_FUND)
_MAX_AGE_OF_FACT = 600


def learn(rng: Random, person: Person, as_of: date) -> None:
    """Add the ordinary facts: children, a business, a role at work, language, the lunar birthday."""
    seen = as_of - timedelta(days=rng.randint(30, _MAX_AGE_OF_FACT))
    facts = person.facts
    minors = [birth for birth in person.children if age_on(birth, as_of) < 18]
    if minors:
        facts.append(Fact("has_child", "true", max(min(minors), seen)))
    facts += [Fact("child_birth_date", birth.isoformat(), max(birth, seen)) for birth in person.children]
    if not person.children and 52 <= person.age <= 75 and rng.random() < 0.08:
        grown = person.birth + timedelta(days=rng.randint(25, 29) * 365)
        facts.append(Fact("child_birth_date", grown.isoformat(), seen))
    owns = any(fact.fact == "owns_business" for fact in facts)
    if not owns and person.occupation == "self_employed" and person.role not in _NOT_OWNERS and rng.random() < 0.6:
        founded = as_of - timedelta(days=rng.randint(200, 7_000))
        facts.append(Fact("owns_business", "true", founded))
        facts.append(Fact("business_founded_on", founded.isoformat(), founded))
    if person.occupation == "executive":
        facts.append(Fact("employer_role", "executive", seen))
    elif person.role == Role.MANAGER:
        facts.append(Fact("employer_role", "manager", seen))
    if person.branch.code.startswith(("GZ", "SZ")) and rng.random() < 0.15:
        facts.append(Fact("language", "yue", seen))
    if person.age >= 60 and person.birth.day <= 29 and rng.random() < 0.2:
        # many older documents carry the day of the lunar calendar as if it were a civil one
        facts.append(Fact("lunar_birthday", f"{person.birth:%m-%d}", seen))


def notice_home(person: Person) -> None:
    """Whoever pays a mortgage here owns a home."""
    for account in person.accounts:
        if account.product.kind is ProductClass.MORTGAGE:
            person.facts.append(Fact("home_owner", "true", person.opened))


def assess(rng: Random, person: Person, as_of: date) -> list[Assessment]:
    """One or two assessments of those who invest; about a fifth of the latest ones have expired."""
    invests = any(account.product.kind in _INVESTMENTS for account in person.accounts)
    if person.age < 18 or not (invests or rng.random() < 0.12):
        return []
    age_days = rng.randint(370, 900) if rng.random() < 0.22 else rng.randint(3, 355)
    latest = as_of - timedelta(days=age_days)
    if latest < person.opened:
        latest = person.opened
    level = _level(rng, person)
    found = [Assessment(latest, f"C{level}")]
    earlier = latest - timedelta(days=rng.randint(330, 420))
    if earlier >= person.opened and rng.random() < 0.5:
        found.insert(0, Assessment(earlier, f"C{max(1, min(5, level + rng.choice((-1, 0, 0, 1))))}"))
    return found


def _level(rng: Random, person: Person) -> int:
    if person.role in (Role.PRIVATE_STREAK, Role.BOLD_STREAK):
        return rng.choice((2, 3, 3, 4))
    if person.age >= 65:
        return rng.choice((1, 1, 2, 2, 3))
    if person.tier is Tier.VIP:
        return rng.choice((2, 3, 3, 4, 4, 5))
    return rng.choice((1, 2, 2, 3, 3, 4))
