"""Replaying a decision of the past: its inputs, under its policy, from what it found, at its moment."""

from dataclasses import dataclass

import asyncpg
from pydantic import TypeAdapter

from chassis.database import Session
from contracts.values import Tier
from services.tiering import policy_store
from services.tiering.actions.finding import PolicyUnknown, policy_of
from services.tiering.book import decode
from services.tiering.deciding_store import manual_of
from services.tiering.document import digest
from services.tiering.rules import Held, Measures, Stand, conclude, decide

_STORED = TypeAdapter(Measures)


@dataclass(frozen=True, slots=True)
class Replay:
    """Which fields of the stored decision the replay does not give, and whether the policy still has its digest."""

    differences: tuple[str, ...]
    policy_intact: bool

    @property
    def identical(self) -> bool:
        """The same answer, under the same policy."""
        return not self.differences and self.policy_intact


async def replay(session: Session, row: asyncpg.Record) -> Replay:
    """Decide again what the history's `row` says was decided, and compare. Raises `PolicyUnknown`."""
    version = row["policy_version"]
    stored = await policy_store.document_of(session, version)
    if stored is None:
        raise PolicyUnknown(f"there is no policy {version}")
    policy = await policy_of(session, version=version, mark=stored["digest"])
    held = None if row["held"] is None else Stand(Tier(row["held"]), row["held_grace_until"])
    fired = decide(_STORED.validate_json(row["inputs"]), judge=policy.judge, policy_version=version)
    found = conclude(fired, Held(held, manual_of(row)), downgrade=policy.downgrade, now=row["decided_at"])
    answers = {
        "tier": found.tier,
        "reason": found.reason,
        "fired": found.fired,
        "automatic": found.automatic.tier,
        "grace_until": found.automatic.grace_until,
    }
    differences = tuple(name for name, value in answers.items() if value != row[name])
    return Replay(differences, digest(decode(stored["document"])) == stored["digest"])
