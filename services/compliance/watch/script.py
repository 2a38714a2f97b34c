"""What staff say and customers are told, filled in from the policy's texts."""

from decimal import Decimal

from contracts.values import SignalKind
from services.compliance.watch.models import RiskAlert
from services.compliance.watch.policy import KindPart, Text, shipped

LAST_FOUR = "{last_four}"
"""Left in the script for the last digits of the account: whoever shows it takes them from profile at that moment."""


def script_of(alert: RiskAlert) -> Text:
    """The words of the contact (H25, H26), with day, amount in yuan and number of purchases."""
    part = shipped().kinds[SignalKind(alert.kind)]
    day = alert.day
    amount = f"{Decimal(alert.amount_fen or 0) / 100:,.2f}"
    account = part.account if alert.account_ids else part.no_account
    return Text(
        zh=_filled(part.script.zh, account.zh, f"{day.year}年{day.month}月{day.day}日", amount, alert.count),
        en=_filled(part.script.en, account.en, day.isoformat(), amount, alert.count),
    )


def _filled(template: str, account: str, day: str, amount: str, purchases: int) -> str:
    # Plain placeholders: the bank edits the texts, and a template language has been escaped again and again.
    values = {"{account}": account, "{day}": day, "{amount}": amount, "{purchases}": str(purchases)}
    for name, value in values.items():
        template = template.replace(name, value)
    return template


def part_of(alert: RiskAlert) -> KindPart:
    """The policy's part about the kind of the alert."""
    return shipped().kinds[SignalKind(alert.kind)]
