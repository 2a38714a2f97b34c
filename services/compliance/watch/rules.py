"""The watch, decided purely: whose an alert is, which rungs are due, what suppresses it, how it may end (H25, H26)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.values import Fen, RuleBroken, SignalKind


class Owner(StrEnum):
    """Who answers for an alert: a person, the duty of a branch, or compliance where no branch is known."""

    STAFF = "staff"
    BRANCH = "branch"
    COMPLIANCE = "compliance"


class Step(StrEnum):
    """What a rung of the clock does."""

    REMIND = "remind"
    MANAGER = "manager"
    ESCALATE = "escalate"


class Audience(StrEnum):
    """Whom a rung tells."""

    OWNER = "owner"
    BRANCH_MANAGER = "branch_manager"
    COMPLIANCE = "compliance"


class ContactResult(StrEnum):
    """How an attempt to reach the customer ended; `reached` is a confirmed contact and stops the clock."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    CALL_BACK = "call_back"


class AlertOutcome(StrEnum):
    """How an alert ends. `unreachable` escalates it to the branch and leaves it open; `announced` is the watch's own."""

    EXPLAINED = "explained"
    FRAUD_SUSPECTED = "fraud_suspected"
    REASSESSMENT_OFFERED = "reassessment_offered"
    UNREACHABLE = "unreachable"
    ANNOUNCED = "announced"


class Escalation(StrEnum):
    """Why an alert was escalated."""

    OVERDUE = "overdue"
    UNREACHABLE = "unreachable"


class AlertClosed(RuleBroken):
    """The alert has ended."""

    rule = "alert-closed"
    fix = "Read the alert for its outcome; a new signal opens a new one."


class OutcomeNotOfKind(RuleBroken):
    """This kind of alert does not end like that."""

    rule = "outcome-not-of-kind"
    fix = "Use an outcome that the alert names under `outcomes`."


class ContactMissing(RuleBroken):
    """The outcome tells what the customer said, and nobody has reached the customer (H25)."""

    rule = "contact-missing"
    fix = "Record the contact in which the customer was reached, then the outcome."


class AttemptsMissing(RuleBroken):
    """The customer was reached, or too few attempts were made, to call the customer unreachable."""

    rule = "attempts-missing"
    fix = "Record further attempts; the policy of the watch says how many make a customer unreachable."


class ReasonUnknown(RuleBroken):
    """The policy of the watch knows no such reason, or the outcome needs one."""

    rule = "reason-unknown"
    fix = "Use a reason code that the alert names under `reasons`."


class AdviceMissing(RuleBroken):
    """H26 asks for advice on diversifying along with the offer."""

    rule = "advice-missing"
    fix = "Give the advice on diversifying, and send advice_given: true."


class AlreadyEscalated(RuleBroken):
    """The branch has the alert already."""

    rule = "alert-already-escalated"
    fix = "The branch goes on until the customer is reached or fraud is suspected."


class PurposeUnknown(RuleBroken):
    """The policy of the watch knows no such purpose."""

    rule = "purpose-unknown"
    fix = "Use a purpose code of the policy of the watch."


class PeriodNotAnnounceable(RuleBroken):
    """An announcement is made before its first day is over, for a limited time ahead and of limited length."""

    rule = "announcement-period"
    fix = "Begin today or later, within the days that the policy of the watch allows."


class AmountTooHigh(RuleBroken):
    """More than an announcement may cover; such an outflow is confirmed in a contact."""

    rule = "announcement-amount"
    fix = "Announce no more than the policy of the watch allows."


@dataclass(frozen=True, slots=True)
class Rung:
    """A mark on the clock: at `percent` of the time, do `step` and tell `audience`."""

    percent: int
    step: Step
    audience: tuple[Audience, ...]

    def due_at(self, raised_at: datetime, window: timedelta) -> datetime:
        """The moment of the rung."""
        return raised_at + window * self.percent / 100


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of signal asks for. `reasons` are the codes of an explanation."""

    window: timedelta
    announceable: bool
    locks_sales: bool
    outcomes: tuple[AlertOutcome, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementRule:
    """How far ahead, how long and up to how much (fen) an outflow can be announced, and for which purposes."""

    max_ahead_days: int
    max_days: int
    max_fen: Fen
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchRules:
    """The policy of the watch as the rules know it; `rungs` ascend."""

    version: int
    kinds: Mapping[SignalKind, KindRule]
    rungs: tuple[Rung, ...]
    attempts_until_unreachable: int
    announcements: AnnouncementRule


@dataclass(frozen=True, slots=True)
class Announcement:
    """An outflow that was announced, with what is left of its amount in fen."""

    id: UUID
    first: date
    last: date
    left_fen: Fen
    announced_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as far as its end depends on it."""

    kind: SignalKind
    closed: bool
    contacted: bool
    escalated: bool
    attempts: int


def owner_of(adviser_no: str | None, branch: str | None) -> tuple[Owner, str | None]:
    """The adviser, else the duty of the branch, else compliance until the customer's record arrives."""
    if adviser_no:
        return Owner.STAFF, adviser_no
    return (Owner.BRANCH, branch) if branch else (Owner.COMPLIANCE, None)


def due_rungs(
    rungs: Iterable[Rung], *, raised_at: datetime, window: timedelta, fired: frozenset[int], now: datetime
) -> list[Rung]:
    """The rungs whose moment has come and that have not fired, lowest first: a clock that jumps over several fires each
    once and in order, one that goes back fires none again (invariant 14)."""
    return [rung for rung in rungs if rung.percent not in fired and rung.due_at(raised_at, window) <= now]


def announced(announcements: Sequence[Announcement], *, day: date, amount_fen: Fen) -> Announcement | None:
    """The announcement that covers an outflow: made on its day or before, for days that hold it, with enough of its
    amount left. The one that ends first is used up first."""
    fitting = [
        one for one in announcements if one.announced_on <= day and one.first <= day <= one.last and amount_fen <= one.left_fen
    ]
    return min(fitting, key=lambda one: (one.last, one.id), default=None)


def check_announcement(rule: AnnouncementRule, *, purpose: str, first: date, last: date, up_to_fen: Fen, today: date) -> None:
    """Raises `PurposeUnknown`, `PeriodNotAnnounceable` or `AmountTooHigh`."""
    if purpose not in rule.purposes:
        raise PurposeUnknown(field="purpose")
    if first < today or (first - today).days > rule.max_ahead_days:
        raise PeriodNotAnnounceable(f"The first day lies in the coming {rule.max_ahead_days} days.", field="first")
    if not first <= last or (last - first).days >= rule.max_days:
        raise PeriodNotAnnounceable(f"The period has 1 to {rule.max_days} days.", field="last")
    if up_to_fen > rule.max_fen:
        raise AmountTooHigh(f"At most {rule.max_fen} fen.", field="up_to_fen")


def check_outcome(
    rules: WatchRules, standing: Standing, outcome: AlertOutcome, *, reason: str | None, advice_given: bool
) -> None:
    """May the alert end like this? Fraud may be suspected without a contact: waiting for one would cost the money.

    Raises `AlertClosed`, `OutcomeNotOfKind`, `ReasonUnknown`, `ContactMissing`, `AttemptsMissing`, `AlreadyEscalated` or
    `AdviceMissing`.
    """
    kind = rules.kinds[standing.kind]
    if standing.closed:
        raise AlertClosed
    if outcome not in kind.outcomes:
        raise OutcomeNotOfKind(field="outcome")
    if (reason is not None) != (outcome is AlertOutcome.EXPLAINED) or (reason is not None and reason not in kind.reasons):
        raise ReasonUnknown(field="reason")
    if outcome is AlertOutcome.UNREACHABLE:
        _check_unreachable(standing, rules.attempts_until_unreachable)
    elif outcome is not AlertOutcome.FRAUD_SUSPECTED and not standing.contacted:
        raise ContactMissing
    if outcome is AlertOutcome.REASSESSMENT_OFFERED and not advice_given:
        raise AdviceMissing(field="advice_given")


def _check_unreachable(standing: Standing, attempts: int) -> None:
    if standing.escalated:
        raise AlreadyEscalated
    if standing.contacted or standing.attempts < attempts:
        raise AttemptsMissing(f"{attempts} attempts without an answer are needed.")
