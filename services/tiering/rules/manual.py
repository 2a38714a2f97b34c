"""When staff may give a tier by hand: for a known reason, for a limited time, and never one person alone."""

from datetime import datetime, timedelta

from contracts.values import RuleBroken


class ManualReasonUnknown(RuleBroken):
    """A reason code that the list of manual reasons does not have."""

    rule = "manual-reason-unknown"
    fix = "Use a code that GET /v1/tiering/manual-reasons lists."


class ManualEndPast(RuleBroken):
    """The tier would have ended before it began."""

    rule = "manual-end-past"
    fix = "Set until to a later moment."


class ManualTooLong(RuleBroken):
    """The tier would hold longer than its reason allows."""

    rule = "manual-too-long"
    fix = "Set until within the longest_days of the reason; ask again when it ends."


class ManualApproverRequested(RuleBroken):
    """Who asked for a tier cannot answer the request."""

    rule = "manual-approver-requested"
    fix = "Ask another person to approve or reject it."


class ManualClosed(RuleBroken):
    """The request was answered, or the tier has ended."""

    rule = "manual-closed"
    fix = "Ask for a new one."


def check_end(until: datetime, *, longest_days: int | None, now: datetime) -> None:
    """Raises `ManualReasonUnknown` (no such reason: `longest_days` is None), `ManualEndPast` and `ManualTooLong`."""
    if longest_days is None:
        raise ManualReasonUnknown("the code is not on the list", field="body.code")
    if until <= now:
        raise ManualEndPast("until is past", field="body.until")
    if until - now > timedelta(days=longest_days):
        raise ManualTooLong(f"the reason allows {longest_days} days", field="body.until")


def check_answer(state: str, *, requested_by: str, answered_by: str, until: datetime, now: datetime) -> None:
    """Raises `ManualClosed`, `ManualApproverRequested` and `ManualEndPast`."""
    if state != "requested":
        raise ManualClosed(f"the request is {state}")
    if answered_by == requested_by:
        raise ManualApproverRequested("the same person asked for it")
    if until <= now:
        raise ManualEndPast("until has passed since it was asked for", field="until")
