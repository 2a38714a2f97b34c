"""Team assembly (H5, H19), proved over generated staff directories."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Department
from gateway.rules.assembly import Assembly, Candidate, ForCustomer, assemble

DEPARTMENTS = tuple(Department)
BRANCHES = ("SH-01", "SH-02", "BJ-01")


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    size = draw(st.integers(min_value=0, max_value=12))
    return [
        Candidate(
            staff_no=f"S{number:03}",
            branch=draw(st.sampled_from(BRANCHES)),
            departments=tuple(draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=3, unique=True))),
            load=draw(st.integers(min_value=0, max_value=6)),
            cap=draw(st.integers(min_value=1, max_value=6)),
        )
        for number in range(size)
    ]


needs = st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=4, unique=True)
customers = st.builds(
    ForCustomer,
    branch=st.sampled_from((*BRANCHES, None)),
    adviser_no=st.sampled_from(("S000", "S001", "S011", None)),
    vip=st.booleans(),
)


def choose(needed: list[Department], staff: list[Candidate], customer: ForCustomer) -> Assembly:
    return assemble(departments=needed, lead=needed[0], candidates=staff, customer=customer)


@given(needs, candidates(), customers)
def test_a_team_has_exactly_one_lead_and_different_people(
    needed: list[Department], staff: list[Candidate], customer: ForCustomer
) -> None:
    team = choose(needed, staff, customer)
    if team.staffed:
        assert sum(member.lead for member in team.members) == 1
        assert len({member.staff_no for member in team.members}) == len(team.members)
        assert team.missing == ()
    else:
        assert team.missing


@given(needs, candidates(), customers)
def test_every_department_is_covered_by_somebody_of_it_with_room(
    needed: list[Department], staff: list[Candidate], customer: ForCustomer
) -> None:
    team = choose(needed, staff, customer)
    people = {person.staff_no: person for person in staff}
    if team.staffed:
        assert set(needed) <= {member.department for member in team.members}
        for member in team.members:
            assert member.department in people[member.staff_no].departments
            assert people[member.staff_no].load < people[member.staff_no].cap


@given(needs, candidates(), customers)
def test_a_team_is_found_whenever_one_exists(needed: list[Department], staff: list[Candidate], customer: ForCustomer) -> None:
    free = [person for person in staff if person.load < person.cap]
    exists = any(
        all(department in person.departments for department, person in zip(needed, choice, strict=True))
        for choice in permutations(free, len(needed))
    )
    assert choose(needed, staff, customer).staffed == exists


@given(needs, candidates(), customers, st.randoms(use_true_random=False))
def test_the_order_of_the_directory_does_not_matter(
    needed: list[Department], staff: list[Candidate], customer: ForCustomer, random: object
) -> None:
    shuffled = list(staff)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its random as object
    assert choose(needed, staff, customer) == choose(needed, shuffled, customer)


@given(needs, candidates(), st.sampled_from(BRANCHES))
def test_without_an_adviser_no_other_team_has_more_people_of_the_customers_branch(
    needed: list[Department], staff: list[Candidate], branch: str
) -> None:
    team = choose(needed, staff, ForCustomer(branch=branch))
    if not team.staffed:
        return
    people = {person.staff_no: person for person in staff}
    near = sum(people[member.staff_no].branch == branch for member in team.members)
    free = [person for person in staff if person.load < person.cap]
    best = max(
        sum(person.branch == branch for person in choice)
        for choice in permutations(free, len(needed))
        if all(department in person.departments for department, person in zip(needed, choice, strict=True))
    )
    assert near == best


def person(staff_no: str, *departments: Department, branch: str = "SH-01", load: int = 0, cap: int = 5) -> Candidate:
    return Candidate(staff_no=staff_no, branch=branch, departments=departments, load=load, cap=cap)


H19 = [Department.PERSONAL_LOANS, Department.PRIVATE_BANKING, Department.CORPORATE]


def h19(staff: list[Candidate], customer: ForCustomer) -> Assembly:
    return assemble(departments=H19, lead=Department.PRIVATE_BANKING, candidates=staff, customer=customer)


def test_the_policys_department_leads_for_an_ordinary_customer() -> None:
    staff = [person("L1", H19[0]), person("P1", H19[1]), person("C1", H19[2])]
    assert h19(staff, ForCustomer(adviser_no="C1")).lead.staff_no == "P1"


def test_a_vips_own_adviser_leads_inside_the_team_when_they_cover_a_department() -> None:
    staff = [person("L1", H19[0]), person("P1", H19[1]), person("C1", H19[2]), person("C2", H19[2], load=4)]
    team = h19(staff, ForCustomer(adviser_no="C2", vip=True))
    assert team.lead.staff_no == "C2"
    assert "own-adviser" in team.lead.reasons
    assert len(team.members) == 3


def test_a_vips_own_adviser_leads_beside_the_team_when_they_cover_none() -> None:
    staff = [person("L1", H19[0]), person("P1", H19[1]), person("C1", H19[2]), person("A1", Department.WEALTH)]
    team = h19(staff, ForCustomer(adviser_no="A1", vip=True))
    assert team.lead.staff_no == "A1"
    assert team.lead.department is Department.WEALTH
    assert {member.department for member in team.members} == {*H19, Department.WEALTH}


def test_a_vips_adviser_without_room_does_not_lead() -> None:
    staff = [person("L1", H19[0]), person("P1", H19[1]), person("C1", H19[2]), person("A1", Department.WEALTH, load=5)]
    assert h19(staff, ForCustomer(adviser_no="A1", vip=True)).lead.staff_no == "P1"


def test_the_less_loaded_of_the_branch_comes_before_the_free_one_from_elsewhere() -> None:
    staff = [
        person("L1", H19[0], branch="BJ-01"),
        person("L2", H19[0], load=3),
        person("L3", H19[0], load=2),
        person("P1", H19[1]),
        person("C1", H19[2]),
    ]
    team = h19(staff, ForCustomer(branch="SH-01"))
    chosen = next(member for member in team.members if member.department is H19[0])
    assert chosen.staff_no == "L3"
    assert chosen.reasons == ("department:personal_loans", "load:2/5", "same-branch")


def test_a_department_without_anybody_free_is_named() -> None:
    staff = [person("L1", H19[0]), person("P1", H19[1]), person("C1", H19[2], load=5)]
    assert h19(staff, ForCustomer()).missing == (Department.CORPORATE,)


def test_one_person_never_stands_for_two_departments() -> None:
    staff = [person("X1", H19[0], H19[1]), person("C1", H19[2])]
    team = h19(staff, ForCustomer())
    assert not team.staffed
    assert set(team.missing) == set(H19)
