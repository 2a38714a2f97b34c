"""What a whole bank shares while its blocks are written: the days, the merchants, the employers."""

from dataclasses import dataclass
from datetime import date

from steward.sample.days import Days, history
from steward.sample.shops import Shops, shops
from steward.sample.work import Employer, employers


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that is the same in every block."""

    seed: int
    days: Days
    shops: Shops
    employers: tuple[Employer, ...]

    @property
    def as_of(self) -> date:
        return self.days.as_of


def setting(*, seed: int, customers: int, as_of: date) -> Setting:
    """The shared part of a bank; its size does not grow with the customers (employers are bounded)."""
    return Setting(seed, history(as_of), shops(seed), employers(seed, customers))
