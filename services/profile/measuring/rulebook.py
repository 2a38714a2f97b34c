"""The signal rules in force on a day: the bank's approved documents, and those that come with the service where it has none."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import orjson

from chassis.database import Session, driver
from services.profile.measuring.policy import packaged_rules
from services.profile.measuring.rules_language import Rule, read_rule

PACKAGED = 0
"""The version of a rule that comes with the service."""
_IN_FORCE = """
SELECT DISTINCT ON (rule) rule, version, document::text AS document
FROM signal_rule
WHERE approved_at IS NOT NULL AND effective_from <= $1
ORDER BY rule, effective_from DESC, version DESC
"""


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule by its name, with the version of its document."""

    name: str
    version: int
    rule: Rule


async def rules_in_force(session: Session, day: date) -> list[RuleInForce]:
    """Every enabled rule that holds on `day`, in a fixed order."""
    rows = await (await driver(session)).fetch(_IN_FORCE, day)
    found = {name: RuleInForce(name, PACKAGED, rule) for name, rule in packaged_rules().items()}
    for row in rows:
        found[row["rule"]] = RuleInForce(row["rule"], row["version"], _read(row["rule"], row["document"]))
    return [rule for rule in found.values() if rule.rule.enabled]


@lru_cache(maxsize=256)
def _read(name: str, document: str) -> Rule:
    return read_rule(name, orjson.loads(document))
