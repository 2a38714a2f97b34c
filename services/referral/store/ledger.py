"""Queries on the points ledger. All that moves points goes through `post`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlmodel import col, select

from chassis.database import Session, driver
from services.referral.models import Account, Entry, Transfer
from services.referral.rules import ledger
from services.referral.rules.ledger import NotEnoughPoints

_POST = "SELECT post_transfers($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::bigint[], $7)"
_NOT_NEGATIVE = {"ck_account_balance_not_negative", "ck_entry_balance_not_negative"}
_TOTALS = """
SELECT (SELECT coalesce(sum(balance), 0)::bigint FROM account WHERE kind = 'customer') AS outstanding,
       (SELECT count(*) FROM account WHERE kind = 'customer') AS accounts,
       (SELECT count(*) FROM transfer) AS transfers
"""


async def post(session: Session, transfers: Sequence[ledger.Transfer], *, now: datetime) -> set[UUID]:
    """Post transfers in one statement; returns the ids of those posted now. One whose reference was posted is left out.

    All accounts are locked in the order of their ids. Raises `NotEnoughPoints`; a deadlock or a serialization failure
    stays what it is.
    """
    connection = await driver(session)
    lines = [(transfer.transfer_id, line.account_id, line.amount) for transfer in transfers for line in transfer.lines]
    try:
        rows = await connection.fetch(
            _POST,
            [transfer.transfer_id for transfer in transfers],
            [transfer.reference for transfer in transfers],
            [transfer.occurred_at for transfer in transfers],
            [line[0] for line in lines],
            [line[1] for line in lines],
            [line[2] for line in lines],
            now,
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name in _NOT_NEGATIVE:
            raise NotEnoughPoints from None
        raise
    return {row["post_transfers"] for row in rows}


async def balance(session: Session, customer_id: UUID) -> int:
    """Points of a customer; 0 without an account."""
    account = await session.get(Account, customer_id, populate_existing=True)
    return 0 if account is None else account.balance or 0


async def entries(session: Session, customer_id: UUID, *, before: int | None, limit: int) -> Sequence[tuple[Entry, Transfer]]:
    """Entries of a customer's account with their transfers, newest first, below the sequence `before`."""
    query = (
        select(Entry, Transfer)
        .join(Transfer, col(Transfer.transfer_id) == col(Entry.transfer_id))
        .where(Entry.account_id == customer_id, col(Entry.sequence).is_not(None))
        .order_by(col(Entry.sequence).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Entry.sequence) < before)
    return (await session.exec(query)).all()


async def totals(session: Session) -> tuple[int, int, int]:
    """Points that customers hold, customers' accounts, transfers."""
    connection = await driver(session)
    row = await connection.fetchrow(_TOTALS)
    assert row is not None  # a query of scalars has one row
    return row["outstanding"], row["accounts"], row["transfers"]
