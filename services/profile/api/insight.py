"""What is known of a customer beside the record: accounts, facts, consents. Reads are audited."""

from uuid import UUID

from fastapi import APIRouter

from chassis.audit import audit
from chassis.http import Caller, Now, SessionDep, operation
from contracts.values import Scope
from services.profile import actions
from services.profile.actions.change import CustomerUnknown
from services.profile.api.masked import account_out
from services.profile.keyring import VaultDep
from services.profile.schemas import (
    AccountOut,
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    FactOut,
)
from services.profile.store import customers, reads

router = APIRouter(tags=["customers"])


@router.get("/v1/customers/{customer_id}/accounts", **operation(scope=Scope.PROFILE_READ, errors={CustomerUnknown: 404}))
async def read_accounts(customer_id: UUID, caller: Caller, session: SessionDep, vault: VaultDep) -> list[AccountOut]:
    """Accounts with their latest closing balance, card numbers masked."""
    holder = await customers.find(session, customer_id)
    if holder is None:
        raise CustomerUnknown
    rows = await reads.accounts(session, customer_id)
    await audit(session, caller=caller, act="accounts.read", customer_id=customer_id, details={"accounts": len(rows)})
    return [account_out(row, holder, vault) for row in rows]


@router.get("/v1/customers/{customer_id}/facts", **operation(scope=Scope.PROFILE_READ))
async def read_facts(customer_id: UUID, caller: Caller, session: SessionDep) -> list[FactOut]:
    """What is known about the customer: children, business, role at work."""
    rows = await reads.facts(session, customer_id)
    await audit(session, caller=caller, act="facts.read", customer_id=customer_id)
    return [FactOut(**row) for row in rows]


@router.get("/v1/customers/{customer_id}/consents", **operation(scope=Scope.PROFILE_READ))
async def read_consents(customer_id: UUID, caller: Caller, session: SessionDep) -> ConsentsOut:
    """What the customer agreed to and refused, by purpose and channel (PIPL art. 23, 24)."""
    rows = await actions.current_consents(session, customer_id=customer_id)
    await audit(session, caller=caller, act="consents.read", customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])


@router.put("/v1/customers/{customer_id}/consents", **operation(scope=Scope.PROFILE_WRITE, errors={CustomerUnknown: 404}))
async def put_consent(customer_id: UUID, body: ConsentIn, caller: Caller, session: SessionDep, now: Now) -> ConsentsOut:
    """Note a consent or a refusal; what the customer said before stays in the record."""
    await actions.set_consent(
        session, customer_id=customer_id, purpose=body.purpose, channel=body.channel, granted=body.granted, now=now
    )
    details: dict[str, int | str] = {"purpose": body.purpose, "granted": int(body.granted)}
    await audit(session, caller=caller, act="consent.set", customer_id=customer_id, details=details)
    rows = await actions.current_consents(session, customer_id=customer_id)
    return ConsentsOut(items=[ConsentOut(**row) for row in rows])
