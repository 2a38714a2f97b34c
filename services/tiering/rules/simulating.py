"""What a policy would do to groups of customers that it cannot tell apart: who rises, who falls, who begins to wait."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.values import Tier
from services.tiering.rules.deciding import RANK, Row
from services.tiering.rules.settling import Downgrade, Held, Outcome, conclude

EXAMPLES = 5
"""Customers named for each line."""


class Effect(StrEnum):
    """What would happen to a customer. `WAITS`: the row gives a lower tier, so a grace period begins or goes on."""

    UP = "up"
    DOWN = "down"
    WAITS = "waits"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of a branch that stand at the same and whom the policy cannot tell apart; `row` is the one that fires."""

    branch: str
    tier: Tier
    held: Held
    row: Row
    customers: int
    examples: tuple[UUID, ...]


@dataclass(slots=True)
class Line:
    """A line of the report: customers who go the same way, with some of them as examples."""

    customers: int = 0
    examples: list[UUID] = field(default_factory=list)

    def add(self, group: Group) -> None:
        """Count a group in."""
        self.customers += group.customers
        self.examples += [one for one in group.examples if one not in self.examples][: EXAMPLES - len(self.examples)]


@dataclass(frozen=True, slots=True)
class Move:
    """One way to go: from the tier that holds, to the tier of the row, because of the row that fires."""

    effect: Effect
    previous: Tier
    tier: Tier
    reason: str


@dataclass(slots=True)
class Simulation:
    """Everybody by effect, moves with examples, and for each branch the same counts."""

    customers: int = 0
    effects: dict[Effect, int] = field(default_factory=lambda: dict.fromkeys(Effect, 0))
    by_hand: int = 0
    moves: dict[Move, Line] = field(default_factory=lambda: defaultdict(Line))
    branches: dict[str, dict[Effect, int]] = field(default_factory=lambda: defaultdict(lambda: dict.fromkeys(Effect, 0)))


def simulate(groups: Iterable[Group], *, downgrade: Downgrade, now: datetime) -> Simulation:
    """What deciding about everybody at `now` would do. Nothing moves under a tier given by hand; those are counted too."""
    found = Simulation()
    for group in groups:
        outcome = conclude(group.row, group.held, downgrade=downgrade, now=now)
        effect = effect_of(group.tier, outcome)
        found.customers += group.customers
        found.effects[effect] += group.customers
        found.branches[group.branch][effect] += group.customers
        if outcome.manual is not None:
            found.by_hand += group.customers
        if effect is not Effect.STAYS:
            found.moves[_move(effect, group, outcome)].add(group)
    return found


def _move(effect: Effect, group: Group, outcome: Outcome) -> Move:
    """Who waits is told by the tier that waits for them, the others by the tier that they get."""
    tier = group.row.tier if effect is Effect.WAITS else outcome.tier
    return Move(effect, group.tier, tier, group.row.reason)


def effect_of(previous: Tier, outcome: Outcome) -> Effect:
    """What an outcome means for a customer in tier `previous`."""
    if RANK[outcome.tier] > RANK[previous]:
        return Effect.UP
    if RANK[outcome.tier] < RANK[previous]:
        return Effect.DOWN
    waits = outcome.manual is None and outcome.automatic.grace_until is not None
    return Effect.WAITS if waits else Effect.STAYS
