"""What is planted: who plays which part, so that every signal of the handbook has its cause, and its near miss, in the data.

A part is either the cause of a signal or a decoy: almost the cause, which must not raise it. Nobody plays two parts.
What follows from ordinary life (salaries, children, age, birthdays) needs no part: `truth.py` reads it off the people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from contracts.values import SignalKind, Tier
from steward.sample.people import YUAN, Fact, Household, Person
from steward.sample.work import Employer, earn


class Role(StrEnum):
    """The parts. Values are the codes of `truth.csv`'s causes."""

    MORTGAGE_LOOKUPS = "mortgage_lookups_with_deposit"
    LOOKUPS_NO_DEPOSIT = "mortgage_lookups_without_deposit"
    DEPOSIT_FEW_LOOKUPS = "deposit_with_few_lookups"
    BABY_THREE_MONTHS = "baby_purchases_three_months"
    BABY_TWO_MONTHS = "baby_purchases_two_months"
    BABY_WITH_GAP = "baby_purchases_with_a_gap"
    EXECUTIVE = "employer_role_executive"
    MANAGER = "employer_role_manager"
    OWNER_SUCCESSION = "owner_and_succession_lookups"
    LOAN_SUCCESSION = "business_loan_and_succession_lookups"
    LOAN_ONLY = "business_loan_lookups_only"
    SUCCESSION_ONLY = "succession_lookups_only"
    OUTFLOW = "large_outflow_to_a_stranger"
    OWN_MOVE = "large_move_to_own_account"
    HOUSEHOLD_MOVE = "large_move_within_household"
    USUAL_OUTFLOW = "large_outflows_as_usual"
    PRIVATE_STREAK = "three_private_funds"
    BOLD_STREAK = "three_r5_funds"
    PRIVATE_PAIR = "two_private_funds"
    BROKEN_STREAK = "r5_funds_with_r2_between"
    UNIVERSITY = "child_enters_university"
    UNIVERSITY_OTHER_YEAR = "child_in_another_year"
    BUSINESS_DAY = "business_anniversary_near"
    SALARY_ENDED = "salary_ended"
    CONTRIBUTION = "large_loans"
    NEAR_VIP = "assets_just_below"
    NEAR_POTENTIAL = "growth_just_below"


CAUSES: Mapping[Role, SignalKind] = {
    Role.MORTGAGE_LOOKUPS: SignalKind.MORTGAGE_BUNDLE,
    Role.BABY_THREE_MONTHS: SignalKind.EDUCATION_FUND,
    Role.OWNER_SUCCESSION: SignalKind.COMPLEX_NEED,
    Role.LOAN_SUCCESSION: SignalKind.COMPLEX_NEED,
    Role.OUTFLOW: SignalKind.LARGE_OUTFLOW,
    Role.PRIVATE_STREAK: SignalKind.HIGH_RISK_STREAK,
    Role.BOLD_STREAK: SignalKind.HIGH_RISK_STREAK,
    Role.UNIVERSITY: SignalKind.UNIVERSITY_ENTRY,
}
"""Parts that raise a signal which only they raise."""

DECOYS: Mapping[Role, SignalKind | Tier] = {
    Role.LOOKUPS_NO_DEPOSIT: SignalKind.MORTGAGE_BUNDLE,
    Role.DEPOSIT_FEW_LOOKUPS: SignalKind.MORTGAGE_BUNDLE,
    Role.BABY_TWO_MONTHS: SignalKind.EDUCATION_FUND,
    Role.BABY_WITH_GAP: SignalKind.EDUCATION_FUND,
    Role.MANAGER: SignalKind.EXECUTIVE,
    Role.LOAN_ONLY: SignalKind.COMPLEX_NEED,
    Role.SUCCESSION_ONLY: SignalKind.COMPLEX_NEED,
    Role.OWN_MOVE: SignalKind.LARGE_OUTFLOW,
    Role.HOUSEHOLD_MOVE: SignalKind.LARGE_OUTFLOW,
    Role.USUAL_OUTFLOW: SignalKind.LARGE_OUTFLOW,
    Role.PRIVATE_PAIR: SignalKind.HIGH_RISK_STREAK,
    Role.BROKEN_STREAK: SignalKind.HIGH_RISK_STREAK,
    Role.UNIVERSITY_OTHER_YEAR: SignalKind.UNIVERSITY_ENTRY,
    Role.SALARY_ENDED: SignalKind.PAYROLL,
    Role.NEAR_VIP: Tier.VIP,
    Role.NEAR_POTENTIAL: Tier.POTENTIAL,
}
"""Parts that look like a cause and are none, with the label that they must not get."""


@dataclass(frozen=True, slots=True)
class Part:
    """How often a role is played, and by whom: ages, tiers, occupations, whether a partner must bank here too."""

    role: Role
    per_mille: float
    ages: tuple[int, int]
    tiers: frozenset[Tier] = frozenset({Tier.ORDINARY})
    occupations: frozenset[str] | None = None
    partner: bool = False

    def fits(self, person: Person, partner: Person | None) -> bool:
        return (
            person.role is None
            and not person.new
            and self.ages[0] <= person.age <= self.ages[1]
            and person.tier in self.tiers
            and (self.occupations is None or person.occupation in self.occupations)
            and (partner is not None or not self.partner)
        )


_ANY = frozenset({Tier.ORDINARY, Tier.VIP})
_VIP = frozenset({Tier.VIP})
_STAFF = frozenset({"employee", "public"})

# the scarce ones first: a small bank casts in this order
PARTS = (
    Part(Role.PRIVATE_STREAK, 4, (32, 75), _VIP),
    Part(Role.PRIVATE_PAIR, 3, (32, 75), _VIP),
    Part(Role.UNIVERSITY, 12, (38, 56)),
    Part(Role.UNIVERSITY_OTHER_YEAR, 6, (38, 56)),
    Part(Role.CONTRIBUTION, 6, (32, 60)),
    Part(Role.HOUSEHOLD_MOVE, 6, (25, 80), partner=True),
    Part(Role.BABY_THREE_MONTHS, 12, (22, 42)),
    Part(Role.BABY_TWO_MONTHS, 6, (22, 42)),
    Part(Role.BABY_WITH_GAP, 4, (22, 42)),
    Part(Role.OWNER_SUCCESSION, 4, (35, 72), _ANY),
    Part(Role.LOAN_SUCCESSION, 4, (35, 72), _ANY),
    Part(Role.MORTGAGE_LOOKUPS, 15, (23, 52)),
    Part(Role.LOOKUPS_NO_DEPOSIT, 7, (20, 50)),
    Part(Role.DEPOSIT_FEW_LOOKUPS, 6, (23, 60)),
    Part(Role.EXECUTIVE, 5, (30, 60), _ANY, occupations=_STAFF | {"executive"}),
    Part(Role.MANAGER, 8, (28, 58), occupations=_STAFF),
    Part(Role.OUTFLOW, 9, (22, 85), _ANY),
    Part(Role.OWN_MOVE, 6, (25, 80)),
    Part(Role.USUAL_OUTFLOW, 5, (28, 62)),
    Part(Role.BOLD_STREAK, 6, (24, 66), _ANY),
    Part(Role.BROKEN_STREAK, 4, (24, 66), _ANY),
    Part(Role.BUSINESS_DAY, 8, (28, 66), _ANY | {Tier.POTENTIAL}),
    Part(Role.LOAN_ONLY, 5, (28, 66)),
    Part(Role.SUCCESSION_ONLY, 5, (35, 80)),
    Part(Role.SALARY_ENDED, 8, (22, 52), occupations=_STAFF),
    Part(Role.NEAR_VIP, 6, (28, 85)),
    Part(Role.NEAR_POTENTIAL, 8, (24, 70)),
)


def cast(rng: Random, households: list[Household], *, at_least: int) -> None:
    """Give out the parts: their share of the people, and `at_least` of each while there is anybody who fits."""
    pairs = [(person, partner_of(person, household)) for household in households for person in household.members]
    rng.shuffle(pairs)
    for part in PARTS:
        wanted = max(at_least, int(len(pairs) * part.per_mille / 1000 + rng.random()))
        for person, partner in pairs:
            if wanted == 0:
                break
            if part.fits(person, partner):
                person.role = part.role
                wanted -= 1


def partner_of(person: Person, household: Household) -> Person | None:
    """The other one of a couple, if both bank here."""
    couple = [member for member in household.members if member.relation in ("head", "spouse")]
    return next((member for member in couple if member is not person), None) if person in couple else None


Dressing = Callable[[Random, Person, date], None]


def dress(rng: Random, person: Person, as_of: date, book: tuple[Employer, ...]) -> None:
    """Change what a person is, so that the part is believable: occupation, holdings, facts."""
    if person.role is None:
        return
    role = Role(person.role)
    if role in _WORK and person.occupation != _WORK[role]:
        level = person.level
        person.occupation = _WORK[role]
        earn(rng, person, book)
        person.level = level
    if role in _LEVELS:
        low, high = _LEVELS[role]
        person.level = max(person.level if person.tier is Tier.VIP else 0, rng.randint(low, high) * YUAN)
    if role in _DRESSINGS:
        _DRESSINGS[role](rng, person, as_of)


_WORK: Mapping[Role, str] = {
    Role.LOOKUPS_NO_DEPOSIT: "none",
    Role.EXECUTIVE: "executive",
    Role.CONTRIBUTION: "self_employed",
    Role.OWNER_SUCCESSION: "self_employed",
    Role.BUSINESS_DAY: "self_employed",
    Role.USUAL_OUTFLOW: "self_employed",
}

# yuan
_LEVELS: Mapping[Role, tuple[int, int]] = {
    Role.MORTGAGE_LOOKUPS: (180_000, 380_000),
    Role.DEPOSIT_FEW_LOOKUPS: (180_000, 380_000),
    Role.LOOKUPS_NO_DEPOSIT: (1_000, 4_000),
    Role.CONTRIBUTION: (90_000, 260_000),
    Role.PRIVATE_STREAK: (5_000_000, 9_000_000),
    Role.PRIVATE_PAIR: (4_000_000, 7_000_000),
    Role.BOLD_STREAK: (120_000, 300_000),
    Role.BROKEN_STREAK: (120_000, 300_000),
    Role.OUTFLOW: (15_000, 60_000),
    Role.OWN_MOVE: (15_000, 60_000),
    Role.HOUSEHOLD_MOVE: (15_000, 60_000),
    Role.NEAR_VIP: (300_000, 400_000),
    Role.NEAR_POTENTIAL: (30_000, 200_000),
}


def _own_business(rng: Random, person: Person, as_of: date) -> None:
    founded = as_of - timedelta(days=rng.randint(700, 6_500))
    person.facts += [
        Fact("owns_business", "true", founded),
        Fact("business_founded_on", founded.isoformat(), founded),
    ]


def _found_near(rng: Random, person: Person, as_of: date) -> None:
    near = rng.choice([day for day in (as_of + timedelta(days=count) for count in range(1, 28)) if day.day <= 28])
    founded = date(near.year - rng.randint(2, 18), near.month, near.day)
    person.facts += [
        Fact("owns_business", "true", founded),
        Fact("business_founded_on", founded.isoformat(), founded),
    ]


def _enter_university(rng: Random, person: Person, as_of: date, year: int) -> None:
    birth = date(year - 18, rng.randint(1, 8), rng.randint(1, 28))
    person.children.append(birth)
    person.facts.append(Fact("child_university_year", str(year), as_of - timedelta(days=rng.randint(30, 250))))


def _contribute(rng: Random, person: Person, as_of: date) -> None:
    person.tier = Tier.VIP
    person.income = rng.randint(110_000, 160_000) * YUAN
    _own_business(rng, person, as_of)


def _cannot_save(rng: Random, person: Person, as_of: date) -> None:
    del rng, as_of
    person.income = min(person.income, 2_400 * YUAN)
    person.invests = False


_DRESSINGS: Mapping[Role, Dressing] = {
    Role.OWNER_SUCCESSION: _own_business,
    Role.USUAL_OUTFLOW: _own_business,
    Role.BUSINESS_DAY: _found_near,
    Role.CONTRIBUTION: _contribute,
    Role.LOOKUPS_NO_DEPOSIT: _cannot_save,
    Role.UNIVERSITY: lambda rng, person, as_of: _enter_university(rng, person, as_of, as_of.year),
    Role.UNIVERSITY_OTHER_YEAR: lambda rng, person, as_of: _enter_university(
        rng, person, as_of, as_of.year + rng.choice((-1, 1))
    ),
}
