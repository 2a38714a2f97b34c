"""Which tier, and why (H2 to H4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from contracts.values import RuleBroken, Tier
from services.tiering.rules.measures import Measures

RANK: Mapping[Tier, int] = MappingProxyType({Tier.ORDINARY: 0, Tier.POTENTIAL: 1, Tier.VIP: 2})
"""Tiers from low to high, to tell a rise from a fall."""


class PolicyGaveNoRow(RuleBroken):
    """A published policy answered with no row: never taken for a default."""

    rule = "policy-gave-no-row"
    fix = "Publish a policy whose last row has no conditions."


@dataclass(frozen=True, slots=True)
class Row:
    """The row of a policy that fired."""

    tier: Tier
    reason: str


Judge: TypeAlias = Callable[[Measures], Row | None]
"""A policy, ready to be asked: the first row whose conditions all hold."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A customer's tier, the reason that decided, what it rests on (H1) and the policy that was asked."""

    tier: Tier
    reason: str
    inputs: Measures
    policy_version: int


def decide(measures: Measures, *, judge: Judge, policy_version: int) -> Decision:
    """The decision that a policy gives on `measures`. Raises `PolicyGaveNoRow`."""
    row = judge(measures)
    if row is None:
        raise PolicyGaveNoRow(f"policy {policy_version} has no row for these measures")
    return Decision(tier=row.tier, reason=row.reason, inputs=measures, policy_version=policy_version)


def direction(previous: Tier | None, tier: Tier) -> int:
    """1 for a rise, -1 for a fall, 0 for no move; a first tier is no move."""
    if previous is None:
        return 0
    return (RANK[tier] > RANK[previous]) - (RANK[tier] < RANK[previous])
