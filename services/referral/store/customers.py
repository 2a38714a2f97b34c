"""Queries on customers and their codes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from chassis.database import Session, driver
from services.referral.models import Customer, ReferralCode
from services.referral.rules.referrals import KnownCode

_REMEMBER = """
INSERT INTO customer (customer_id, household_id, state_version)
SELECT DISTINCT ON (customer_id) customer_id, household_id, state_version
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS s(customer_id, household_id, state_version)
ORDER BY customer_id, state_version DESC
ON CONFLICT (customer_id) DO UPDATE SET household_id = excluded.household_id, state_version = excluded.state_version
WHERE customer.state_version < excluded.state_version
"""
_LOCK_CODES = """
SELECT r.code, r.customer_id, r.withdrawn_at IS NULL AS active, c.household_id
FROM referral_code r JOIN customer c USING (customer_id)
WHERE r.code = ANY($1::text[]) ORDER BY r.code FOR NO KEY UPDATE OF r
"""


async def remember(session: Session, customers: Sequence[Customer]) -> None:
    """Keep the newest state of each customer, in one statement."""
    connection = await driver(session)
    ids = [customer.customer_id for customer in customers]
    households = [customer.household_id for customer in customers]
    await connection.execute(_REMEMBER, ids, households, [customer.state_version for customer in customers])


async def lock_customer(session: Session, customer_id: UUID) -> Customer | None:
    """The customer, locked so that two requests cannot give two codes."""
    return await session.get(Customer, customer_id, with_for_update={"key_share": True}, populate_existing=True)


async def active_code(session: Session, customer_id: UUID) -> ReferralCode | None:
    """The customer's active code."""
    query = select(ReferralCode).where(ReferralCode.customer_id == customer_id, col(ReferralCode.withdrawn_at).is_(None))
    return (await session.exec(query)).one_or_none()


async def add_code(session: Session, *, code: str, customer_id: UUID, issued_at: datetime) -> bool:
    """Keep a new code; False when the code exists already, whoever has it."""
    connection = await driver(session)
    status = await connection.execute(
        "INSERT INTO referral_code (code, customer_id, issued_at) VALUES ($1, $2, $3) ON CONFLICT (code) DO NOTHING",
        code,
        customer_id,
        issued_at,
    )
    return status == "INSERT 0 1"


async def withdraw_code(session: Session, *, customer_id: UUID, now: datetime) -> bool:
    """Take the active code back; False when there is none."""
    connection = await driver(session)
    status = await connection.execute(
        "UPDATE referral_code SET withdrawn_at = $2 WHERE customer_id = $1 AND withdrawn_at IS NULL", customer_id, now
    )
    return status == "UPDATE 1"


async def lock_codes(session: Session, codes: Iterable[str]) -> Mapping[str, KnownCode]:
    """The codes that exist, locked in their order: until the transaction ends nobody else counts against their caps."""
    connection = await driver(session)
    rows = await connection.fetch(_LOCK_CODES, sorted(set(codes)))
    return {
        row["code"]: KnownCode(referrer_id=row["customer_id"], household_id=row["household_id"], active=row["active"])
        for row in rows
    }
