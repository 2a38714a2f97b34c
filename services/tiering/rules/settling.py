"""From the row that fired to the tier that holds: up at once, down after grace and step by step, by hand above all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.values import Tier
from services.tiering.rules.deciding import RANK, Decision, Row

GRACE = "downgrade.grace"
"""Reason of a tier that is kept although the policy's row gives a lower one: the grace period is running."""

MANUAL = "manual."
"""What the reason of a tier given by hand begins with; the code follows."""

_BY_RANK = {rank: tier for tier, rank in RANK.items()}
_SECOND_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Downgrade:
    """How a policy takes a customer down: after `grace_days`, by at most `max_steps` tiers at once.

    What a document without the setting means: at once and all the way.
    """

    grace_days: int = 0
    max_steps: int = len(RANK) - 1


@dataclass(frozen=True, slots=True)
class Stand:
    """The automatic tier. `grace_until` is set while the policy's row gives a lower one: the end of the grace period."""

    tier: Tier
    grace_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manual:
    """A tier given by staff, under a reason code, until a moment."""

    tier: Tier
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What a customer stood at before: the automatic tier, None for a new customer, and the one given by hand."""

    automatic: Stand | None = None
    manual: Manual | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a customer stands at: the tier that holds and its reason, the row that fired, and what lies underneath."""

    tier: Tier
    reason: str
    fired: str
    automatic: Stand
    manual: Manual | None

    @property
    def held(self) -> Held:
        """The same, as what the next decision finds."""
        return Held(self.automatic, self.manual)

    @property
    def automatic_reason(self) -> str:
        """The reason of the automatic tier."""
        return automatic_reason(self.fired, self.automatic.grace_until)


def automatic_reason(fired: str, grace_until: datetime | None) -> str:
    """The reason of an automatic tier: the row that fired, or that the grace period is running."""
    return fired if grace_until is None else GRACE


def settle(held: Stand | None, wanted: Tier, *, downgrade: Downgrade, now: datetime) -> Stand:
    """The automatic tier where the policy's row gives `wanted`.

    Up at once, which also ends a pending downgrade. Down only when the grace period that began with the first lower row is
    over, by at most `max_steps`; each further step waits for another grace period, of a day at least.
    """
    if held is None or RANK[wanted] >= RANK[held.tier]:
        return Stand(wanted)
    due = held.grace_until or now + timedelta(days=downgrade.grace_days)
    if due > now:
        return Stand(held.tier, due)
    lower = _BY_RANK[max(RANK[wanted], RANK[held.tier] - downgrade.max_steps)]
    if lower is wanted:
        return Stand(wanted)
    return Stand(lower, now + max(timedelta(days=downgrade.grace_days), _SECOND_STEP))


def conclude(row: Row | Decision, held: Held, *, downgrade: Downgrade, now: datetime) -> Outcome:
    """What a customer stands at when `row` fires. A tier given by hand holds until its end, whatever the policy says."""
    automatic = settle(held.automatic, row.tier, downgrade=downgrade, now=now)
    manual = held.manual if held.manual is not None and now < held.manual.until else None
    if manual is not None:
        return Outcome(manual.tier, MANUAL + manual.code, row.reason, automatic, manual)
    return Outcome(automatic.tier, automatic_reason(row.reason, automatic.grace_until), row.reason, automatic, None)
