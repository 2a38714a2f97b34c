"""The people of the sample bank's branches: the advisers that its customers name, and experts of the other departments."""

from contracts.desk import StaffIn
from contracts.values import Department
from steward.sample.regions import BRANCHES

ADVISERS_PER_BRANCH = 6
"""As many as the generator gives to customers."""

EXPERTS = (Department.PERSONAL_LOANS, Department.PRIVATE_BANKING, Department.CORPORATE, Department.INSURANCE)


def staff() -> list[StaffIn]:
    """Advisers of retail and wealth, and one expert of each other department, for every branch."""
    return [person for branch in BRANCHES for person in (*_advisers(branch.code), *_experts(branch.code))]


def _advisers(branch: str) -> list[StaffIn]:
    departments = [Department.RETAIL, Department.WEALTH]
    return [
        StaffIn(
            staff_no=f"S{branch}{number:02d}", display_name=f"{branch} adviser {number}", branch=branch, departments=departments
        )
        for number in range(1, ADVISERS_PER_BRANCH + 1)
    ]


def _experts(branch: str) -> list[StaffIn]:
    return [
        StaffIn(
            staff_no=f"S{branch}{department.value[:2].upper()}",
            display_name=f"{branch} {department.value.replace('_', ' ')}",
            branch=branch,
            departments=[department],
        )
        for department in EXPERTS
    ]
