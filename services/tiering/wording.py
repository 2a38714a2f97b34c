"""The words of every reason that a decision can have: a policy's row, the grace period, a tier given by hand."""

from datetime import datetime

from asyncpg import Record

from chassis.clock import SHANGHAI
from contracts.values import Tier
from services.tiering.book import Policy
from services.tiering.document import ReasonText, Text
from services.tiering.manual_reasons import REASONS
from services.tiering.rules import GRACE, MANUAL
from services.tiering.rules.explaining import TIER_EN, TIER_ZH

_GRACE = ReasonText(
    zh="已不符合原层级标准，宽限期内保留",
    en="The standard of this tier is no longer met; it is kept during the grace period",
)


def words(policy: Policy, reason: str) -> ReasonText:
    """What a reason code means. `policy` is the version that decided; a manual code that left the list is told by its code."""
    if reason == GRACE:
        return _GRACE
    if reason.startswith(MANUAL):
        code = reason.removeprefix(MANUAL)
        return REASONS.find(code) or ReasonText(zh=code, en=code)
    row = next(row for row in policy.rows if row.reason == reason)
    return ReasonText(zh=row.zh, en=row.en, source=row.source)


def held_instead(policy: Policy, stood: Record) -> Text:
    """A sentence that says why another tier holds than the one of the row that fired; empty where none does.

    `stood` is a row of `standing`.
    """
    if stood["reason"] == stood["fired"]:
        return Text.model_construct(zh="", en="")
    tier, found = Tier(stood["tier"]), words(policy, stood["reason"])
    until: datetime = stood["manual_until"] if stood["reason"].startswith(MANUAL) else stood["grace_until"]
    day = until.astimezone(SHANGHAI).date()
    return Text(
        zh=f"{TIER_ZH[tier]}：{found.zh}（至{day}）。按政策：", en=f"{TIER_EN[tier]}: {found.en} (until {day}). By policy: "
    )
