"""The cadence policy (H8 to H11, H13, H15 to H18, H25, H26) as typed values.

The bank edits `policies/cadence.yaml`; `services.outreach.policy` turns it into these values and `check` refuses
a document that contradicts itself. Hours are local time in Asia/Shanghai.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, ClassVar

from contracts.values import Channel, ConsentPurpose, RuleBroken, SignalKind, Tier

MINUTES_PER_DAY = 1_440

_STRICT: dict[str, Any] = {"extra": "forbid"}  # Any: pydantic's own configuration shape, read by the loader


class DayClass(StrEnum):
    """What a civil day is for the bank: make-up working Saturdays and Sundays are working days."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class Span(StrEnum):
    """Lengths of periods. A fortnight is 14 days counted from one fixed Monday."""

    DAY = "day"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


SPAN_DAYS = {Span.DAY: 1, Span.FORTNIGHT: 14, Span.MONTH: 31, Span.QUARTER: 92, Span.YEAR: 366}
"""The longest that a period of each span can be, in days."""


@dataclass(frozen=True, slots=True)
class Text:
    """What staff and customers read, in simplified Chinese and in English."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `at_most` contacts in any `days` consecutive days, over all channels and senders (H11)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    rule: str
    at_most: int
    days: int
    label: Text


@dataclass(frozen=True, slots=True)
class Budget:
    """One person's budget: all caps hold, and two contacts are at least `min_gap_hours` apart (H11)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    caps: tuple[Cap, ...]
    min_gap_hours: int


@dataclass(frozen=True, slots=True)
class QuietHours:
    """No contact from `start` (included) to `end` (excluded); may cross midnight. Equal ends mean none."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    start: time
    end: time

    def contains(self, minute: int) -> bool:
        """Is this minute of the day quiet?"""
        start, end = minute_of(self.start), minute_of(self.end)
        if start <= end:
            return start <= minute < end
        return minute >= start or minute < end


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """When a channel may be used: moments of the day, classes of days, and the notice that it needs."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    label: Text
    slots: tuple[time, ...]
    days: tuple[DayClass, ...]
    lead_hours: int


@dataclass(frozen=True, slots=True)
class Urgency:
    """A contact that must happen within `within_hours` of its cause. It waits for a permitted moment up to
    `wait_hours`; past that it goes out `lead_minutes` from now under the named bypass (H25)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    within_hours: int
    wait_hours: int
    lead_minutes: int
    bypass: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of contact: its purposes (a refusal of any of them counts), priority (low goes first), and the
    channels of each tier in order of preference. `rotate` moves the first choice on with each period."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    label: Text
    source: str
    purposes: tuple[ConsentPurpose, ...]
    priority: int
    channels: Mapping[Tier, tuple[Channel, ...]]
    rotate: bool = False
    urgent: Urgency | None = None


@dataclass(frozen=True, slots=True)
class ObligationRule:
    """What the bank owes each customer of a tier once a period (H10). Somebody who enters the tier with fewer
    than `min_days_left` days of the period to go is owed nothing until the next one."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    tier: Tier
    kind: str
    every: Span
    min_days_left: int


class HeardFrom(StrEnum):
    """Who says that a signal leads to a contact: the signal itself, or the watch of compliance, which suppresses what was
    announced and ends what was settled (H25, H26)."""

    SIGNAL = "signal"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class WishRule:
    """What a signal leads to: a contact of `kind` within `within_days`, at most one per `repeat`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    kind: str
    within_days: int
    repeat: Span
    heard_from: HeardFrom = HeardFrom.SIGNAL


@dataclass(frozen=True, slots=True)
class Cadence:
    """The whole policy. `unheard` names the signals that lead to no contact of ours, and why."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT  # Any: as above
    name: str
    version: int
    effective_from: date
    horizon_days: int
    min_age: int
    quiet_hours: QuietHours
    budget: Budget
    channels: Mapping[Channel, ChannelPolicy]
    kinds: Mapping[str, Kind]
    obligations: tuple[ObligationRule, ...]
    wishes: Mapping[SignalKind, WishRule]
    unheard: Mapping[SignalKind, Text]

    def heard_from(self, signal: SignalKind) -> HeardFrom | None:
        """Who says that the signal leads to a contact; None for one that leads to none of ours."""
        rule = self.wishes.get(signal)
        return rule.heard_from if rule else None

    @property
    def memory_days(self) -> int:
        """How many days back contacts still matter: to a cap, to the gap, or to an obligation whose period runs on."""
        caps = [cap.days for cap in self.budget.caps]
        return max([*caps, *(SPAN_DAYS[rule.every] for rule in self.obligations), self.budget.min_gap_hours // 24 + 1])


class CadenceInvalid(RuleBroken):
    """The cadence document contradicts itself."""

    rule = "cadence-invalid"
    fix = "Correct the named entry of the cadence document."


def minute_of(moment: time) -> int:
    """Minutes since midnight."""
    return moment.hour * 60 + moment.minute


def check(cadence: Cadence) -> Cadence:
    """The cadence itself when it is sound. Raises `CadenceInvalid`, naming the first wrong entry."""
    for wrong, field in itertools.chain(_budget(cadence), _kinds(cadence), _causes(cadence)):
        raise CadenceInvalid(wrong, field=field)
    return cadence


def _budget(cadence: Cadence) -> Iterator[tuple[str, str]]:
    if not 7 <= cadence.horizon_days <= 92:
        yield "The horizon is from 7 to 92 days.", "horizon_days"
    for cap in cadence.budget.caps:
        if cap.at_most < 0 or cap.days < 1:
            yield "A cap counts contacts over one day or more.", f"budget.caps.{cap.rule}"


def _kinds(cadence: Cadence) -> Iterator[tuple[str, str]]:
    for code, kind in cadence.kinds.items():
        for channel in itertools.chain.from_iterable(kind.channels.values()):
            if channel not in cadence.channels:
                yield f"The channel {channel} has no rules.", f"kinds.{code}.channels"


def _causes(cadence: Cadence) -> Iterator[tuple[str, str]]:
    for rule in cadence.obligations:
        if not _channels(cadence, rule.kind, rule.tier):
            yield f"{rule.kind} has no channel for {rule.tier}.", "obligations"
    for signal, wish in cadence.wishes.items():
        if wish.kind not in cadence.kinds or wish.within_days < 1:
            yield f"{signal} leads to no known kind within a day or more.", f"wishes.{signal}"
    for signal in SignalKind:
        if (signal in cadence.wishes) == (signal in cadence.unheard):
            yield f"{signal} is either a wish or unheard.", f"wishes.{signal}"


def _channels(cadence: Cadence, code: str, tier: Tier) -> tuple[Channel, ...]:
    kind = cadence.kinds.get(code)
    return kind.channels.get(tier, ()) if kind else ()
