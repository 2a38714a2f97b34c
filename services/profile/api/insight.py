"""What is known of a customer beside the record: accounts and facts. Reads are audited."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, SessionDep
from contracts.values import Scope
from services.profile.api.masked import accounts_out
from services.profile.api.standing import KEYS, of_customer
from services.profile.keyring import VaultDep
from services.profile.schemas import (
    AccountOut,
    FactOut,
)
from services.profile.store import reads

router = APIRouter(tags=["customers"])


@router.get("/v1/customers/{customer_id}/accounts", **of_customer(scope=Scope.PROFILE_READ, errors=KEYS))
async def read_accounts(customer_id: UUID, caller: Caller, session: SessionDep, vault: VaultDep) -> list[AccountOut]:
    """Accounts with their latest closing balance, card numbers masked."""
    rows = await reads.accounts(session, customer_id)
    await audit(session, caller=caller, act="accounts.read", customer_id=customer_id, details={"accounts": len(rows)})
    return await accounts_out(rows, vault, caller)


@router.get("/v1/customers/{customer_id}/facts", **of_customer(scope=Scope.PROFILE_READ))
async def read_facts(customer_id: UUID, caller: Caller, session: SessionDep) -> list[FactOut]:
    """What is known about the customer: children, business, role at work."""
    rows = await reads.facts(session, customer_id)
    await audit(session, caller=caller, act="facts.read", customer_id=customer_id)
    return [FactOut(**row) for row in rows]
