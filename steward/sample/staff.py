"""The people of the sample bank's branches: the advisers that its customers name, and experts of the other departments."""

from contracts.desk import StaffIn
from contracts.values import Department
from steward.sample.regions import BRANCHES

ADVISERS_PER_BRANCH = 6
"""As many as the generator gives to customers."""

EXPERTS = (Department.PERSONAL_LOANS, Department.PRIVATE_BANKING, Department.CORPORATE, Department.INSURANCE)


def staff() -> list[StaffIn]:
    """Advisers of retail and wealth, and one expert of each other department, for every branch."""
    found = []
    for branch in BRANCHES:
        for number in range(1, ADVISERS_PER_BRANCH + 1):
            found.append(
                StaffIn(
                    staff_no=f"S{branch.code}{number:02d}",
                    display_name=f"{branch.code} adviser {number}",
                    branch=branch.code,
                    departments=[Department.RETAIL, Department.WEALTH],
                )
            )
        found += [
            StaffIn(
                staff_no=f"S{branch.code}{department.value[0:2].upper()}",
                display_name=f"{branch.code} {department.value.replace('_', ' ')}",
                branch=branch.code,
                departments=[department],
            )
            for department in EXPERTS
        ]
    return found
