"""The points ledger's grammar: a transfer moves points between accounts and makes none. No cash is in it (H29)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.values import RuleBroken

CURRENCY = "PTS"
"""The only currency the ledger knows; every table has a CHECK that says the same (H29)."""

ISSUER = UUID("00000000-0000-7000-8000-000000000001")
"""The account that points come from. It has entries and no balance: what it gave is what the customers hold."""


class TransferUnbalanced(RuleBroken):
    """The lines of a transfer do not sum to zero, or fewer than two accounts take part."""

    rule = "transfer-unbalanced"
    fix = "Give every point that one account gets to be taken from another."


class AccountRepeated(RuleBroken):
    """One account stands in two lines of a transfer."""

    rule = "account-repeated"
    fix = "Sum the lines of one account."


class EmptyLine(RuleBroken):
    """A line moves nothing."""

    rule = "empty-line"
    fix = "Leave the line out."


class NotEnoughPoints(RuleBroken):
    """A customer's account would fall below zero."""

    rule = "not-enough-points"
    fix = "Take no more points than the balance holds."


@dataclass(frozen=True, slots=True)
class Line:
    """What one account gets (positive) or gives (negative), in points. A customer's account has the customer's id."""

    account_id: UUID
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Points that move at once. The same `reference` is posted once, however often it is asked for."""

    transfer_id: UUID
    reference: str
    occurred_at: datetime
    lines: tuple[Line, ...]


def referral_reference(referred_id: UUID) -> str:
    """The reference of a referral's transfer: one for each new customer, for ever."""
    return f"referral:{referred_id}"


def referral_transfer(
    *, transfer_id: UUID, referrer_id: UUID, referred_id: UUID, points_each: int, occurred_at: datetime
) -> Transfer:
    """The transfer that rewards both sides of a referral, or neither (H28)."""
    return Transfer(
        transfer_id=transfer_id,
        reference=referral_reference(referred_id),
        occurred_at=occurred_at,
        lines=(Line(ISSUER, -2 * points_each), Line(referrer_id, points_each), Line(referred_id, points_each)),
    )


def check_transfer(transfer: Transfer) -> None:
    """Raises `EmptyLine`, `AccountRepeated` and `TransferUnbalanced`."""
    _check_lines(transfer.lines)
    if len(transfer.lines) < 2 or sum(line.amount for line in transfer.lines) != 0:
        raise TransferUnbalanced(transfer.reference)


def _check_lines(lines: Sequence[Line]) -> None:
    if any(line.amount == 0 for line in lines):
        raise EmptyLine
    if len({line.account_id for line in lines}) != len(lines):
        raise AccountRepeated
