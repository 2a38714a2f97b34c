"""The two statements of a decision: look at what stands and lock it, then write what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from chassis.database import Session, driver
from contracts.values import Tier
from services.tiering.rules import Held, Manual, Outcome, Stand

_LOOK = """
WITH in_force AS (
    SELECT version, digest FROM policy WHERE status = 'published' AND currency = $1 AND effective_from <= $2
    ORDER BY effective_from DESC, version DESC LIMIT 1
),
before AS (
    SELECT customer_id, number, change, since, measures_version,
           tier, reason, fired, automatic, grace_until, manual_tier, manual_code, manual_until
    FROM standing WHERE customer_id = ANY($3::uuid[]) ORDER BY customer_id FOR UPDATE
)
SELECT f.version, f.digest, b.* FROM in_force f LEFT JOIN before b ON true
"""
_WRITE = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
                         $8::text[], $9::timestamptz[], $10::int[], $11::int[], $12::text[], $13::date[], $14::int[],
                         $15::text[], $16::timestamptz[], $17::text[], $18::text[], $19::timestamptz[], $20::bool[])
        AS g(customer_id, tier, reason, fired, automatic, grace_until, manual_tier, manual_code, manual_until, number, change,
             branch, as_of, measures_version, inputs, since, previous, held, held_grace_until, noted)
),
stored AS (
    INSERT INTO standing (customer_id, tier, reason, fired, automatic, grace_until, manual_tier, manual_code, manual_until,
                          policy_version, number, change, branch, as_of, measures_version, inputs, since, decided_at)
    SELECT customer_id, tier, reason, fired, automatic, grace_until, manual_tier, manual_code, manual_until,
           $21, number, change, branch, as_of, measures_version, inputs::jsonb, since, $22
    FROM given
    ON CONFLICT (customer_id) DO UPDATE SET
        tier = excluded.tier, reason = excluded.reason, fired = excluded.fired, automatic = excluded.automatic,
        grace_until = excluded.grace_until, manual_tier = excluded.manual_tier, manual_code = excluded.manual_code,
        manual_until = excluded.manual_until, policy_version = excluded.policy_version, number = excluded.number,
        change = excluded.change, branch = excluded.branch, as_of = excluded.as_of,
        measures_version = excluded.measures_version, inputs = excluded.inputs, since = excluded.since,
        decided_at = excluded.decided_at
)
INSERT INTO decision (customer_id, number, tier, previous, reason, fired, automatic, grace_until, held, held_grace_until,
                      manual_tier, manual_code, manual_until, inputs, policy_version, as_of, decided_at)
SELECT customer_id, number, tier, previous, reason, fired, automatic, grace_until, held, held_grace_until,
       manual_tier, manual_code, manual_until, inputs::jsonb, $21, as_of, $22
FROM given WHERE noted
"""


@dataclass(frozen=True, slots=True)
class Stood:
    """What one customer stood at before a decision; `number` and `change` count what was noted and told."""

    tier: Tier
    reason: str
    fired: str
    held: Held
    number: int
    change: int
    since: datetime
    measures_version: int


@dataclass(frozen=True, slots=True)
class Looked:
    """The policy in force (version, digest), and what stands, locked until the transaction ends."""

    policy: tuple[int, str]
    stood: Mapping[UUID, Stood]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to be stored, with what stood before. `inputs` is `rules.Measures` as JSON."""

    customer_id: UUID
    outcome: Outcome
    before: Stood | None
    as_of: date
    measures_version: int
    branch: str
    inputs: str

    @property
    def moved(self) -> bool:
        """Whether the tier is another than before, or the first."""
        return self.before is None or self.before.tier is not self.outcome.tier

    @property
    def noted(self) -> bool:
        """Whether it goes into the history: another tier or reason, or another automatic decision underneath."""
        before = self.before
        return before is None or (before.tier, before.reason, before.fired, before.held) != (
            self.outcome.tier,
            self.outcome.reason,
            self.outcome.fired,
            self.outcome.held,
        )

    @property
    def change(self) -> int:
        """The number of the change of tier; counts 1, 2, 3, … for each customer."""
        return (self.before.change if self.before else 0) + self.moved


async def look(session: Session, customers: Sequence[UUID], *, currency: str, today: date) -> Looked | None:
    """The policy in force for `currency`, and what stands of `customers`, locked. None where no policy is in force."""
    connection = await driver(session)
    found = await connection.fetch(_LOOK, currency, today, customers)
    if not found:
        return None
    stood = {row["customer_id"]: _stood(row) for row in found if row["customer_id"] is not None}
    return Looked((found[0]["version"], found[0]["digest"]), stood)


def _stood(row: asyncpg.Record) -> Stood:
    return Stood(
        tier=Tier(row["tier"]),
        reason=row["reason"],
        fired=row["fired"],
        held=held_of(row),
        number=row["number"],
        change=row["change"],
        since=row["since"],
        measures_version=row["measures_version"],
    )


def held_of(row: asyncpg.Record) -> Held:
    """The automatic tier and the one given by hand, of a row of `standing`."""
    return Held(Stand(Tier(row["automatic"]), row["grace_until"]), manual_of(row))


def manual_of(row: asyncpg.Record) -> Manual | None:
    """The tier given by hand, of a row with the columns `manual_*`."""
    tier = row["manual_tier"]
    return None if tier is None else Manual(Tier(tier), row["manual_code"], row["manual_until"])


async def write(session: Session, decided: Sequence[Decided], *, policy_version: int, now: datetime) -> None:
    """Store what customers stand at, each at most once in `decided`, and note what differs in the history."""
    connection = await driver(session)
    await connection.execute(_WRITE, *zip(*(_values(one, now) for one in decided), strict=True), policy_version, now)


def _values(one: Decided, now: datetime) -> tuple[object, ...]:
    outcome, before, manual = one.outcome, one.before, one.outcome.manual
    held = before.held.automatic if before else None
    return (
        one.customer_id,
        outcome.tier.value,
        outcome.reason,
        outcome.fired,
        outcome.automatic.tier.value,
        outcome.automatic.grace_until,
        manual.tier.value if manual else None,
        manual.code if manual else None,
        manual.until if manual else None,
        (before.number if before else 0) + one.noted,
        one.change,
        one.branch,
        one.as_of,
        one.measures_version,
        one.inputs,
        now if one.moved or before is None else before.since,
        before.tier.value if before else None,
        held.tier.value if held else None,
        held.grace_until if held else None,
        one.noted,
    )
