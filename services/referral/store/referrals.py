"""Queries on referrals and the campaigns' policies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from chassis.database import Session, driver
from services.referral.models import CampaignPolicy, Referral
from services.referral.policy import CampaignDocument
from services.referral.rules.campaigns import Policy

_DECIDED = "SELECT referred_id FROM referral WHERE referred_id = ANY($1::uuid[])"
_REWARDED = """
SELECT referrer_id, day, count(*) AS rewarded FROM referral
WHERE referrer_id = ANY($1::uuid[]) AND day = ANY($2::date[]) AND transfer_id IS NOT NULL
GROUP BY referrer_id, day
"""
_ADD = """
INSERT INTO referral (referral_id, referrer_id, referred_id, day, rule, campaign, policy_version, points_each,
                      transfer_id, decided_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::text[], $6::text[], $7::int[], $8::bigint[],
                     $9::uuid[], $10::timestamptz[])
ON CONFLICT (referred_id) DO NOTHING
RETURNING referral_id
"""
_BY_RULE = """
SELECT coalesce(campaign, '') AS campaign, coalesce(rule, '') AS rule, count(*) AS referrals
FROM referral GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many referrals ended with a campaign's reward (`rule` empty) or were refused by a rule (`campaign` empty)."""

    campaign: str
    rule: str
    referrals: int


async def decided(session: Session, referred_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the customers whose referral was decided."""
    connection = await driver(session)
    return {row["referred_id"] for row in await connection.fetch(_DECIDED, list(referred_ids))}


async def rewarded(session: Session, *, referrer_ids: Iterable[UUID], days: Iterable[date]) -> Mapping[tuple[UUID, date], int]:
    """Rewarded referrals by referrer and day."""
    connection = await driver(session)
    rows = await connection.fetch(_REWARDED, list(set(referrer_ids)), list(set(days)))
    return {(row["referrer_id"], row["day"]): row["rewarded"] for row in rows}


async def add(session: Session, referrals: Sequence[Referral]) -> set[UUID]:
    """Keep decisions; returns the ids of those kept. A customer whose referral somebody else decided meanwhile is left out."""
    connection = await driver(session)
    in_order = sorted(referrals, key=lambda referral: referral.referred_id)
    rows = await connection.fetch(
        _ADD,
        [referral.referral_id for referral in in_order],
        [referral.referrer_id for referral in in_order],
        [referral.referred_id for referral in in_order],
        [referral.day for referral in in_order],
        [referral.rule for referral in in_order],
        [referral.campaign for referral in in_order],
        [referral.policy_version for referral in in_order],
        [referral.points_each for referral in in_order],
        [referral.transfer_id for referral in in_order],
        [referral.decided_at for referral in in_order],
    )
    return {row["referral_id"] for row in rows}


async def of_referrer(session: Session, customer_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Referral]:
    """Referrals that a customer's codes were named in, newest first, below the id `before`."""
    newest = col(Referral.referral_id).desc()
    query = select(Referral).where(Referral.referrer_id == customer_id).order_by(newest).limit(limit)
    if before is not None:
        query = query.where(col(Referral.referral_id) < before)
    return (await session.exec(query)).all()


async def tallies(session: Session) -> Sequence[Tally]:
    """Referrals by campaign and rule."""
    connection = await driver(session)
    return [Tally(row["campaign"], row["rule"], row["referrals"]) for row in await connection.fetch(_BY_RULE)]


async def policies(session: Session) -> Sequence[Policy]:
    """All published versions of the campaigns."""
    return [document.policy() for document in await documents(session)]


async def documents(session: Session) -> Sequence[CampaignDocument]:
    """All published versions, oldest first. Version 1 was published with a word list of its own, which nothing reads."""
    connection = await driver(session)
    rows = await connection.fetch("SELECT (document - 'forbidden_wording')::text AS text FROM campaign_policy ORDER BY version")
    return [CampaignDocument.model_validate_json(row["text"]) for row in rows]


async def policy_digest(session: Session, version: int) -> bytes | None:
    """The digest of a published version."""
    found = await session.get(CampaignPolicy, version)
    return None if found is None else found.digest


async def add_policy(session: Session, document: CampaignDocument, *, now: datetime) -> bool:
    """Publish a version; False when somebody else has published it meanwhile."""
    connection = await driver(session)
    status = await connection.execute(
        "INSERT INTO campaign_policy (version, effective_from, document, digest, published_at)"
        " VALUES ($1, $2, $3::jsonb, $4, $5) ON CONFLICT (version) DO NOTHING",
        document.version,
        document.effective_from,
        document.model_dump_json(),
        document.digest(),
        now,
    )
    return status == "INSERT 0 1"
