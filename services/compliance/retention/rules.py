"""Which class an act belongs to, and until when its entry is kept whole."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Basis:
    """A clause that asks for `years` of keeping."""

    years: int
    clause: str


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """Acts that begin with one of `acts`, and why and how long their entries are kept."""

    name: str
    title: str
    acts: tuple[str, ...]
    bases: tuple[Basis, ...]

    @property
    def years(self) -> int:
        """The longest basis wins."""
        return max(basis.years for basis in self.bases)


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """One version of the policy. The last class holds every act (its beginning is empty)."""

    version: int
    least_years: int
    prune_every_days: int
    classes: tuple[RetentionClass, ...]

    def class_of(self, act: str) -> RetentionClass:
        """The longest of the classes that the act belongs to; the first named, of equally long ones."""
        return max((one for one in self.classes if act.startswith(one.acts)), key=lambda one: one.years)

    def until(self, act: str, recorded_at: datetime) -> datetime:
        """The moment up to which an entry of this act, recorded then, is kept whole."""
        return years_after(recorded_at, self.class_of(act).years)

    def floor(self, recorded_at: datetime) -> datetime:
        """No entry that was recorded then may lose its body before this, whatever its act."""
        return years_after(recorded_at, self.least_years)


def years_after(moment: datetime, years: int) -> datetime:
    """The same moment of a later year; 1 March where that year has no 29 February, never a day short."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)
