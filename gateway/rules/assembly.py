"""Who works on a case: one person for each department, exactly one lead (H5, H19).

The cheapest assignment of different people to the departments, found exactly: a person of the customer's branch before
one from elsewhere, the less loaded before the more loaded, the lower staff number last. A VIP customer's own adviser
leads whenever they have room: inside the team if they cover a department it needs, else beside it.
The same inputs in any order give the same team.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.values import Department

ELSEWHERE = 10_000
"""What a person from another branch costs: more than any load."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person of the staff directory. `load` and `cap` count open cases."""

    staff_no: str
    branch: str
    departments: tuple[Department, ...]
    load: int
    cap: int

    @property
    def has_room(self) -> bool:
        """One more case stays within the cap."""
        return self.load < self.cap


@dataclass(frozen=True, slots=True)
class ForCustomer:
    """What the choice may know of the customer."""

    branch: str | None = None
    adviser_no: str | None = None
    vip: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One chosen person, with the reasons as codes."""

    staff_no: str
    department: Department
    lead: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A team, or the departments for which nobody was free (then there is no team at all)."""

    members: tuple[Member, ...] = ()
    missing: tuple[Department, ...] = ()

    @property
    def staffed(self) -> bool:
        """The team stands."""
        return bool(self.members)

    @property
    def lead(self) -> Member:
        """The one who speaks with the customer. Raises StopIteration without a team."""
        return next(member for member in self.members if member.lead)


def assemble(
    *, departments: Sequence[Department], lead: Department, candidates: Iterable[Candidate], customer: ForCustomer
) -> Assembly:
    """Choose the team for `departments`; the member for `lead` leads unless a VIP's own adviser can."""
    free = sorted((person for person in candidates if person.has_room), key=lambda person: person.staff_no)
    adviser = next((person for person in free if customer.vip and person.staff_no == customer.adviser_no), None)
    needed = tuple(dict.fromkeys(departments))
    chosen = None
    if adviser is not None:
        chosen = _with_adviser(needed, free, adviser, customer)
    if chosen is None:
        chosen, adviser = _cheapest(needed, free, customer), None
    if chosen is None:
        return Assembly(missing=_uncovered(needed, free))
    leader = adviser.staff_no if adviser else chosen[lead].staff_no
    members = [_member(person, department, leader, free, customer) for department, person in chosen.items()]
    return Assembly(members=tuple(members))


def _with_adviser(
    needed: tuple[Department, ...], free: Sequence[Candidate], adviser: Candidate, customer: ForCustomer
) -> dict[Department, Candidate] | None:
    """The cheapest team that the adviser belongs to; None when there is none."""
    others = [person for person in free if person is not adviser]
    covered = [department for department in needed if department in adviser.departments]
    if not covered:
        rest = _cheapest(needed, others, customer)
        return None if rest is None else {adviser.departments[0]: adviser, **rest}
    teams = []
    for department in covered:
        rest = _cheapest(tuple(other for other in needed if other != department), others, customer)
        if rest is not None:
            teams.append({name: adviser if name == department else rest[name] for name in needed})
    return min(teams, key=lambda team: sum(_cost(person, customer) for person in team.values()), default=None)


def _cheapest(
    needed: tuple[Department, ...], free: Sequence[Candidate], customer: ForCustomer
) -> dict[Department, Candidate] | None:
    """The assignment of different people to `needed` with the least total cost, or None.

    Only the best len(needed) people of a department can matter: at most len(needed) - 1 of them serve elsewhere.
    """
    best_of = {
        department: sorted(
            (person for person in free if department in person.departments),
            key=lambda person: (_cost(person, customer), person.staff_no),
        )[: len(needed)]
        for department in needed
    }
    if not all(best_of.values()):
        return None
    floor = [0] * (len(needed) + 1)
    for place in range(len(needed) - 1, -1, -1):
        floor[place] = floor[place + 1] + _cost(best_of[needed[place]][0], customer)
    best: tuple[int, dict[Department, Candidate]] | None = None

    def extend(place: int, spent: int, team: dict[Department, Candidate]) -> None:
        nonlocal best
        if best is not None and spent + floor[place] >= best[0]:
            return
        if place == len(needed):
            best = (spent, dict(team))
            return
        for person in best_of[needed[place]]:
            if person not in team.values():
                extend(place + 1, spent + _cost(person, customer), {**team, needed[place]: person})

    extend(0, 0, {})
    return best[1] if best else None


def _cost(person: Candidate, customer: ForCustomer) -> int:
    """Branch first, then the share of the cap in use, in thousandths."""
    near = customer.branch is None or person.branch == customer.branch
    return (0 if near else ELSEWHERE) + person.load * 1000 // person.cap


def _member(person: Candidate, department: Department, leader: str, free: Sequence[Candidate], customer: ForCustomer) -> Member:
    lead = person.staff_no == leader
    reasons = [f"department:{department.value}", f"load:{person.load}/{person.cap}"]
    if customer.branch is not None:
        reasons.append("same-branch" if person.branch == customer.branch else "other-branch")
    if lead and customer.vip and person.staff_no == customer.adviser_no:
        reasons.append("own-adviser")
    if sum(department in other.departments for other in free) == 1:
        reasons.append("only-one-free")
    return Member(staff_no=person.staff_no, department=department, lead=lead, reasons=tuple(reasons))


def _uncovered(needed: tuple[Department, ...], free: Sequence[Candidate]) -> tuple[Department, ...]:
    """Departments without anybody free; when each has somebody but not enough different people, those with one."""
    counts = {department: sum(department in person.departments for person in free) for department in needed}
    nobody = tuple(department for department, count in counts.items() if count == 0)
    return nobody or tuple(department for department, count in counts.items() if count < len(needed))
