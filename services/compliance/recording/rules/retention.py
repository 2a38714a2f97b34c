"""How long a recording is kept: the longest of all rules that apply (Order 7 of 2025 art. 17; 保监发〔2017〕54号)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.values import ProductClass, RuleBroken


class NoticeKind(StrEnum):
    """What decides, after the sale, how long its recording is kept."""

    CONTRACT_ENDED = "contract_ended"
    NOT_CONCLUDED = "not_concluded"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"


class RetentionRuns(RuleBroken):
    """The recording must still be kept."""

    rule = "recording-retention-runs"
    fix = "Read the recording's retention: it names the day, the clauses, and what has to be reported before."


class NoticeDayWrong(RuleBroken):
    """A contract or dispute that would end before it was recorded, or in the future."""

    rule = "recording-notice-day-wrong"
    fix = "Give the day on which it happened: not before the recording was opened, and not after today."


class DisputeStateWrong(RuleBroken):
    """A dispute that is opened twice, or closed without being open."""

    rule = "recording-dispute-state-wrong"
    fix = "Open a dispute once under its own number, and close it under the same."


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Keep `years` after the contract ends. Empty `classes` or `products`: all; terms in months, both bounds included."""

    code: str
    years: int
    clause: str
    classes: frozenset[ProductClass] = frozenset()
    products: frozenset[str] = frozenset()
    term_from: int | None = None
    term_to: int | None = None

    def applies(self, *, product_class: ProductClass, product_code: str, term_months: int | None) -> bool:
        """Whether the rule applies to a sale; where the term is not known, every bound counts as met, for the longest wins."""
        if (self.classes and product_class not in self.classes) or (self.products and product_code not in self.products):
            return False
        if term_months is None:
            return True
        return (self.term_from is None or term_months >= self.term_from) and (self.term_to is None or term_months <= self.term_to)


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """A version of the rules, and how long after the end of a dispute a recording is kept at least."""

    version: int
    rules: tuple[RetentionRule, ...]
    dispute_years: int
    dispute_clause: str

    def applying(self, *, product_class: ProductClass, product_code: str, term_months: int | None) -> tuple[RetentionRule, ...]:
        """The rules that apply to a sale, the longest first."""
        found = [
            rule
            for rule in self.rules
            if rule.applies(product_class=product_class, product_code=product_code, term_months=term_months)
        ]
        return tuple(sorted(found, key=lambda rule: (-rule.years, rule.code)))


@dataclass(frozen=True, slots=True)
class Notice:
    """What was reported; `reference` is the dispute's number."""

    kind: NoticeKind
    day: date
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to keep: until which day (None: not known yet), by which clause."""

    code: str
    clause: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Retention:
    """Keep until the end of day `until`, None: as long as `reasons` have no day. The deciding reason stands first."""

    until: date | None
    reasons: tuple[Reason, ...]

    def allow_deletion(self, today: date) -> None:
        """Raises `RetentionRuns` unless the last day of keeping is past."""
        if self.until is None or today <= self.until:
            told = "no end is known" if self.until is None else f"until {self.until}"
            raise RetentionRuns(f"{self.reasons[0].code}: {told}")


def retention(
    policy: RetentionPolicy, applying: Sequence[RetentionRule], notices: Sequence[Notice], *, floor_years: int, opened_on: date
) -> Retention:
    """How long, and why. `floor_years` were promised when the recording was opened: a later policy may only lengthen them."""
    ended = max((n.day for n in notices if n.kind in (NoticeKind.CONTRACT_ENDED, NoticeKind.NOT_CONCLUDED)), default=None)
    start = None if ended is None else max(ended, opened_on)
    reasons = [Reason(rule.code, rule.clause, _later(start, rule.years)) for rule in applying]
    if not applying or applying[0].years < floor_years:
        reasons.append(
            Reason("promised-at-opening", "as the policy was when the recording was opened", _later(start, floor_years))
        )
    open_ones = disputes_open(notices)
    closed = [notice.day for notice in notices if notice.kind is NoticeKind.DISPUTE_CLOSED]
    if open_ones:
        reasons.append(Reason("dispute-open", policy.dispute_clause, None))
    elif closed:
        reasons.append(Reason("dispute-closed", policy.dispute_clause, _later(max(closed), policy.dispute_years)))
    reasons.sort(key=lambda reason: (reason.until is not None, -(reason.until or date.min).toordinal()))
    return Retention(reasons[0].until, tuple(reasons))


def check_notice(notices: Sequence[Notice], notice: Notice, *, opened_on: date, today: date) -> None:
    """Raises `NoticeDayWrong` or `DisputeStateWrong`."""
    if not opened_on <= notice.day <= today:
        raise NoticeDayWrong("the day lies before the recording or in the future", field="body.day")
    if notice.kind is NoticeKind.DISPUTE_OPENED and any(n.reference == notice.reference for n in notices):
        raise DisputeStateWrong("a dispute of this number was opened before", field="body.reference")
    if notice.kind is NoticeKind.DISPUTE_CLOSED and notice.reference not in disputes_open(notices):
        raise DisputeStateWrong("no dispute of this number is open", field="body.reference")


def disputes_open(notices: Sequence[Notice]) -> frozenset[str]:
    """The numbers of disputes that were opened and not closed."""
    opened = {n.reference for n in notices if n.kind is NoticeKind.DISPUTE_OPENED}
    closed = {n.reference for n in notices if n.kind is NoticeKind.DISPUTE_CLOSED}
    return frozenset(reference for reference in opened - closed if reference is not None)


def _later(day: date | None, years: int) -> date | None:
    """The same day after so many years; 29 February becomes 1 March, the longer of two readings."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
