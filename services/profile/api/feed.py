"""The core bank's feed over HTTP: batches of rows by kind. One wrong row is refused and named, the others go in."""

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from chassis.http import Caller, SessionDep, Today, operation
from contracts.values import Scope
from services.profile.actions import load_batch
from services.profile.feed_schemas import (
    AccountRow,
    AssessmentRow,
    BalanceRow,
    Batch,
    BatchOut,
    BehaviourRow,
    CustomerRow,
    FactRow,
    ProductRow,
    Row,
    RowProblem,
    TransactionRow,
)
from services.profile.importing.checking import REPEATED
from services.profile.keyring import VaultDep
from services.profile.vault import Vault

router = APIRouter(tags=["feed"])


async def _take_in(session: Session, caller: Capability, vault: Vault, today: date, kind: str, rows: Sequence[Row]) -> BatchOut:
    values = [row.model_dump(by_alias=True) for row in rows]
    result = await load_batch(session, kind=kind, rows=values, vault=vault, today=today)
    outcomes = ["accepted"] * len(rows)
    for problem in result.problems:
        outcomes[problem.line] = "repeated" if problem.rule == REPEATED else "refused"
    await audit(session, caller=caller, act=f"feed.{kind}", details={"rows": len(rows), "refused": result.refused})
    return BatchOut(
        created=result.created,
        changed=result.changed,
        unchanged=result.unchanged,
        outdated=result.outdated,
        repeated=result.repeated,
        refused=result.refused,
        outcomes=outcomes,
        problems=[RowProblem(row=p.line, field=p.field, rule=p.rule, fix=p.fix) for p in result.problems],
    )


@router.post("/v1/customers/batches", **operation(scope=Scope.PROFILE_FEED))
async def feed_customers(
    body: Batch[CustomerRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> BatchOut:
    """Customers, new or corrected."""
    return await _take_in(session, caller, vault, today, "customers", body.rows)


@router.post("/v1/products", **operation(scope=Scope.PROFILE_FEED))
async def feed_products(body: Batch[ProductRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today) -> BatchOut:
    """Products, new or corrected."""
    return await _take_in(session, caller, vault, today, "products", body.rows)


@router.post("/v1/accounts", **operation(scope=Scope.PROFILE_FEED))
async def feed_accounts(body: Batch[AccountRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today) -> BatchOut:
    """Accounts, new or corrected."""
    return await _take_in(session, caller, vault, today, "accounts", body.rows)


@router.post("/v1/balances", **operation(scope=Scope.PROFILE_FEED))
async def feed_balances(body: Batch[BalanceRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today) -> BatchOut:
    """Closing balances of days."""
    return await _take_in(session, caller, vault, today, "balances", body.rows)


@router.post("/v1/transactions", **operation(scope=Scope.PROFILE_FEED))
async def feed_transactions(
    body: Batch[TransactionRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> BatchOut:
    """Bookings."""
    return await _take_in(session, caller, vault, today, "transactions", body.rows)


@router.post("/v1/behaviour", **operation(scope=Scope.PROFILE_FEED))
async def feed_behaviour(
    body: Batch[BehaviourRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> BatchOut:
    """Log-ins, look-ups and views."""
    return await _take_in(session, caller, vault, today, "behaviour", body.rows)


@router.post("/v1/facts", **operation(scope=Scope.PROFILE_FEED))
async def feed_facts(body: Batch[FactRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today) -> BatchOut:
    """Facts about customers."""
    return await _take_in(session, caller, vault, today, "facts", body.rows)


@router.post("/v1/assessments", **operation(scope=Scope.PROFILE_FEED))
async def feed_assessments(
    body: Batch[AssessmentRow], caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> BatchOut:
    """Risk assessments (H22)."""
    return await _take_in(session, caller, vault, today, "assessments", body.rows)
